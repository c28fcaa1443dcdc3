#include "engine/readers/file_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "engine/readers/discover.h"
#include "engine/readers/text_reader.h"

namespace etl::readers {

namespace fs = std::filesystem;

namespace {

std::string read_bytes(const fs::path& path) {
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  std::string bytes;
  if (in) {
    std::error_code unknown;
    const auto size = fs::file_size(path, unknown);
    if (!unknown) bytes.reserve(size);
    bytes.assign(std::istreambuf_iterator<char>{in}, {});
  }
  if (!in.is_open() || in.bad()) {
    throw Error{Error::Kind::connection, fmt::format("{} cannot be read: {}", path.string(), std::strerror(errno))};
  }
  return bytes;
}

// The columns of CSV stand at its beginning: the rest is not read for them. Other files are read whole, up to a size.
constexpr std::size_t kHead = std::size_t{1} << 20;
constexpr std::size_t kMostForColumns = std::size_t{16} << 20;

// The beginning of a file up to a line's end, or all of it.
std::string read_head(const fs::path& path) {
  if (fs::file_size(path) <= kHead) return read_bytes(path);
  std::ifstream in{path, std::ios::binary};
  std::string bytes(kHead, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  bytes.resize(bytes.rfind('\n') + 1);
  return bytes;
}

bool is_glob(std::string_view name) { return name.find_first_of("*?[") != std::string_view::npos; }

// One file and its name relative to the connection.
struct File {
  fs::path path;
  std::string name;
};

// Files one after the other; rows are counted through, lines start again.
class FilesReader : public Reader {
 public:
  FilesReader(std::vector<File> files, const ReadRequest& request, BatchLimits limits)
      : files_{std::move(files)}, request_{request}, limits_{limits} {}

  BatchPtr next() override {
    for (;;) {
      if (!reader_ && !open_next()) return nullptr;
      if (BatchPtr batch = reader_->next()) {
        next_row_ += batch->rows;
        return batch;
      }
      reader_.reset();
    }
  }

 private:
  bool open_next() {
    if (next_file_ == files_.size()) return false;
    const File& file = files_[next_file_++];
    std::string text = decode_text(read_bytes(file.path), request_.format.encoding, file.name);
    reader_ = open_text(std::move(text), file.name, request_, limits_, next_row_);
    return true;
  }

  std::vector<File> files_;
  ReadRequest request_;
  BatchLimits limits_;
  std::size_t next_file_ = 0;
  std::uint64_t next_row_ = 1;
  std::unique_ptr<Reader> reader_;
};

class FileSource : public Source {
 public:
  explicit FileSource(const stores::ConnectionInfo& info) : name_{info.name}, root_{info.path.empty() ? "." : info.path} {
    if (fs::exists(root_)) return;
    throw Error{Error::Kind::connection,
                name_.empty() ? fmt::format("{} does not exist", root_.string())
                              : fmt::format("{}: {} does not exist", name_, root_.string())};
  }

  const schema::Catalog& catalog() override { return catalog_; }

  std::vector<ReadColumn> describe(const std::string& /*query*/,
                                   std::span<const std::pair<std::string, Value>> /*parameters*/) override {
    throw Error{Error::Kind::schema, fmt::format("{}: files answer no queries", name_)};
  }

  std::optional<std::vector<ReadColumn>> discover(const ReadRequest& request) override {
    if (!request.format.declared.empty()) return std::nullopt;
    const auto files = files_of(request);
    ReadRequest one = request;
    if (one.format.format == Format::none) one.format.format = format_of_file(files.front().name);
    const Format format = one.format.format;
    const bool first_tells_all = format == Format::csv || format == Format::markdown_table;
    if (!first_tells_all && files.size() > 1) return std::nullopt;
    const auto& [path, name] = files.front();
    // Half a character of another encoding is no text.
    const bool head_is_enough = format == Format::csv && one.format.encoding.empty();
    if (!head_is_enough && fs::file_size(path) > kMostForColumns) return std::nullopt;
    std::string bytes = head_is_enough ? read_head(path) : read_bytes(path);
    return discover_columns(decode_text(std::move(bytes), one.format.encoding, name), name, one);
  }

  std::unique_ptr<Reader> open(const ReadRequest& request, BatchLimits limits) override {
    auto files = files_of(request);
    ReadRequest one = request;
    if (one.format.format == Format::none && !files.empty()) one.format.format = format_of_file(files.front().name);
    return std::make_unique<FilesReader>(std::move(files), one, limits);
  }

 private:
  std::vector<File> files_of(const ReadRequest& request) const {
    const std::string& file = request.format.file;
    if (!file.empty()) return is_glob(file) ? matching(file) : std::vector{existing(root_ / file, file)};
    if (!fs::is_directory(root_)) return {{root_, root_.filename().string()}};
    return {table_file(request)};
  }

  static File existing(const fs::path& path, const std::string& name) {
    if (fs::is_regular_file(path)) return {path, name};
    throw Error{Error::Kind::schema, fmt::format("there is no file {}", path.string())};
  }

  // Table `users` of a folder is the file users.csv, or whatever its format ends with.
  File table_file(const ReadRequest& request) const {
    if (fs::is_regular_file(root_ / request.table)) return {root_ / request.table, request.table};
    for (const std::string_view ending : {".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".md", ".markdown", ".txt"}) {
      const std::string name = request.table + std::string{ending};
      const Format format = format_of_file(name);
      const bool fits = request.format.format == Format::none || request.format.format == format ||
                        (request.format.format == Format::django && format == Format::json) ||
                        (request.format.format == Format::markdown_sections && format == Format::markdown_table);
      if (fits && fs::is_regular_file(root_ / name)) return {root_ / name, name};
    }
    throw Error{Error::Kind::schema, fmt::format("{} has no file for the table {}", root_.string(), request.table),
                "name the file: under sources, file: users.csv"};
  }

  std::vector<File> matching(const std::string& glob) const {
    std::vector<File> files;
    const auto take = [&](const fs::directory_entry& entry) {
      if (!entry.is_regular_file()) return;
      std::string name = entry.path().lexically_relative(root_).generic_string();
      if (matches_glob(name, glob)) files.push_back({entry.path(), std::move(name)});
    };
    try {
      for (const auto& entry : fs::recursive_directory_iterator{root_}) take(entry);
    } catch (const fs::filesystem_error& error) {
      throw Error{Error::Kind::connection, fmt::format("{} cannot be read: {}", root_.string(), error.code().message())};
    }
    if (files.empty()) {
      throw Error{Error::Kind::schema, fmt::format("no file in {} matches {}", root_.string(), glob)};
    }
    std::ranges::sort(files, {}, &File::name);
    return files;
  }

  std::string name_;
  fs::path root_;
  schema::Catalog catalog_;
};

}  // namespace

bool matches_glob(std::string_view path, std::string_view glob) {
  if (glob.empty()) return path.empty();
  if (glob.starts_with("**")) {
    std::string_view rest = glob.substr(2);
    if (rest.starts_with('/') && matches_glob(path, rest.substr(1))) return true;
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (matches_glob(path.substr(i), rest)) return true;
    }
    return false;
  }
  if (glob[0] == '*') {
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (matches_glob(path.substr(i), glob.substr(1))) return true;
      if (i < path.size() && path[i] == '/') return false;
    }
    return false;
  }
  if (path.empty()) return false;
  if (glob[0] == '[') {
    const std::size_t end = glob.find(']', 1);
    if (end != std::string_view::npos) {
      return glob.substr(1, end - 1).find(path[0]) != std::string_view::npos && matches_glob(path.substr(1), glob.substr(end + 1));
    }
  }
  const bool fits = glob[0] == '?' ? path[0] != '/' : glob[0] == path[0];
  return fits && matches_glob(path.substr(1), glob.substr(1));
}

SourceKind file_source() {
  return {stores::Kind::file, "file", "Files of CSV, JSON, Markdown and text; a folder is a set of tables.",
          [](const stores::ConnectionInfo& info) -> std::unique_ptr<Source> { return std::make_unique<FileSource>(info); }};
}

}  // namespace etl::readers
