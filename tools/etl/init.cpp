#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "engine/base/error.h"
#include "engine/plan/compile.h"
#include "engine/plan/draft.h"
#include "engine/readers/catalog.h"
#include "engine/schema/ddl.h"
#include "engine/spec/mapping.h"
#include "engine/writers/catalog.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"

namespace etl::cli {

namespace fs = std::filesystem;

namespace {

stores::ConnectionInfo info_of(const std::string& name, const std::string& url) {
  stores::ConnectionInfo info;
  info.name = name;
  info.url = url;
  const auto kind = stores::kind_of_url(url);
  if (!kind || (*kind != stores::Kind::sqlite && *kind != stores::Kind::postgresql)) {
    throw Error{Error::Kind::schema, fmt::format("{}: init cannot look into this kind of database yet", redact_url(url)),
                "write sqlite:FILE or postgresql://..."};
  }
  info.kind = *kind;
  if (info.kind == stores::Kind::sqlite) {
    info.path = url.substr(url.find(':') + 1);
    if (info.path.starts_with("//")) info.path.erase(0, 2);
    if (!fs::is_regular_file(info.path)) {
      throw Error{Error::Kind::connection, fmt::format("{}: there is no file {}", name, info.path),
                  name == "target" ? "give its tables by --schema FILE" : ""};
    }
  }
  return info;
}

schema::Catalog look_into(const std::string& name, const std::string& url) {
  const stores::ConnectionInfo info = info_of(name, url);
  if (readers::source_kind(info.kind)) return readers::open_source(info)->catalog();
  return writers::open_target(info, {})->catalog();
}

// "postgresql://ada:secret@host/db" without ":secret".
std::string without_password(const std::string& url) {
  const std::size_t begin = url.find("://");
  const std::size_t at = url.find('@', begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos || at == std::string::npos || url.find('/', begin + 3) < at) return url;
  const std::size_t colon = url.find(':', begin + 3);
  return colon < at ? url.substr(0, colon) + url.substr(at) : url;
}

// A path as the mapping says it: relative to the mapping's folder.
std::string from_mapping(const fs::path& path, const fs::path& folder) {
  return fs::proximate(fs::absolute(path), fs::absolute(folder)).generic_string();
}

std::string url_in_mapping(const std::string& url, const fs::path& folder) {
  if (stores::kind_of_url(url) != stores::Kind::sqlite) return without_password(url);
  std::string path = url.substr(url.find(':') + 1);
  if (path.starts_with("//")) path.erase(0, 2);
  return "sqlite:" + from_mapping(path, folder);
}

void write_new(const fs::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) {
    throw Error{Error::Kind::environment, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
                errno == EEXIST ? "move it away, or give another --out" : ""};
  }
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(file) != 0 || !written) {
    throw Error{Error::Kind::environment, fmt::format("cannot write {}", path.string()), "free the disk"};
  }
}

std::string ddl_text(const schema::Catalog& catalog) {
  std::string text = fmt::format("-- dialect: {}\n", schema::name(catalog.dialect));
  for (const std::string& statement : schema::render(catalog, catalog.dialect)) {
    text += statement;
    if (!statement.ends_with(';')) text += ';';
    text += '\n';
  }
  return text;
}

schema::Catalog read_schema(const std::string& path, const std::string& target_url, Diagnostics& diagnostics) {
  const SourceTextPtr text = spec::read_file(path);
  const bool sqlite = stores::kind_of_url(target_url) == stores::Kind::sqlite;
  const auto dialect = schema::declared_dialect(*text).value_or(sqlite ? schema::Dialect::sqlite : schema::Dialect::postgresql);
  return schema::read_ddl(text, dialect, diagnostics);
}

// The draft is held against what lint says of it, before anybody else does.
void lint_draft(const std::string& path, Diagnostics& diagnostics) {
  spec::ParseOptions parse;
  parse.resolve_environment = false;
  const auto mapping = spec::parse_mapping(spec::read_file(path), parse, diagnostics);
  if (!mapping) return;
  const plan::Schemas schemas = plan::read_schemas(*mapping, diagnostics);
  plan::compile(*mapping, schemas, {.lint = true}, diagnostics);
}

std::size_t decisions(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("# DECIDE"); at != std::string::npos; at = text.find("# DECIDE", at + 1)) ++count;
  return count;
}

std::string name_of(const Options& options) {
  if (!options.draft.empty()) return fs::path{options.draft}.stem().string();
  const std::string path = options.source.substr(options.source.find(':') + 1);
  const std::string stem = fs::path{path.substr(0, path.find('?'))}.stem().string();
  return stem.empty() ? "draft" : stem;
}

}  // namespace

Exit init_command(const Options& options) {
  Diagnostics diagnostics;
  const schema::Catalog source = look_into("source", options.source);
  const schema::Catalog target = options.schema.empty() ? look_into("target", options.target)
                                                        : read_schema(options.schema, options.target, diagnostics);
  if (print(diagnostics, stderr, true).errors > 0) return Exit::bad_mapping;
  const fs::path out{options.draft};
  const fs::path folder = options.draft.empty() ? fs::path{"."} : fs::absolute(out).parent_path();
  const std::string name = name_of(options);
  const fs::path source_ddl = folder / (name + "_source.sql");
  const fs::path target_ddl = options.schema.empty() ? folder / (name + "_target.sql") : fs::path{options.schema};

  const bool keeps = !options.draft.empty();
  plan::DraftEnd from{source, url_in_mapping(options.source, folder), {}, {}};
  plan::DraftEnd into{target, url_in_mapping(options.target, folder), {}, {}};
  from.has_password = without_password(options.source) != options.source;
  into.has_password = without_password(options.target) != options.target;
  if (keeps) from.schema_path = from_mapping(source_ddl, folder);
  if (keeps || !options.schema.empty()) into.schema_path = from_mapping(target_ddl, folder);
  const std::string text = plan::draft_mapping(name, from, into);
  if (!keeps) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return Exit::done;
  }
  write_new(out, text);
  write_new(source_ddl, ddl_text(source));
  if (options.schema.empty()) write_new(target_ddl, ddl_text(target));
  lint_draft(options.draft, diagnostics);
  const Findings findings = print(diagnostics, stderr, true);
  const std::size_t count = decisions(text);
  if (options.verbosity >= 0) {
    fmt::print(stderr, "{}: {} place{} to decide on\n", options.draft, count, count == 1 ? "" : "s");
  }
  return findings.errors > 0 ? Exit::findings : Exit::done;
}

}  // namespace etl::cli
