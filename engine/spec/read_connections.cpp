// Where data lives: connections, sources, lookups.
#include <algorithm>
#include <array>
#include <cctype>

#include "engine/spec/read.h"
#include "engine/spec/text_map.h"

namespace etl::spec {

namespace {

// A stretch of a text.
struct Stretch {
  std::size_t begin = 0;
  std::size_t size = 0;
};

// The text with every ${...} blanked out, so that the characters in it are not taken for the URL's own.
std::string without_replacements(std::string text) {
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    const std::size_t end = std::min(text.find('}', at), text.size() - 1);
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end) + 1,
              '\0');
  }
  return text;
}

// The password in scheme://user:password@host.
std::optional<Stretch> password_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const std::size_t begin = scheme + 3;
  const std::size_t at = url.substr(0, std::min(url.find_first_of("/?#", begin), url.size())).rfind('@');
  const std::size_t colon = url.find(':', begin);
  if (at == std::string_view::npos || colon == std::string_view::npos || colon + 1 >= at) return std::nullopt;
  return Stretch{colon + 1, at - colon - 1};
}

const std::string& written(const Node& scalar) { return scalar.original.empty() ? scalar.text : scalar.original; }

void warn_of_password_in_url(const Node& url, Diagnostics& diagnostics) {
  const std::string text = without_replacements(written(url));
  const auto password = password_in(text);
  if (!password || text.find('\0', password->begin) < password->begin + password->size) return;
  Node as_written = url;
  as_written.text = written(url);
  const Span at = TextMap::of(as_written).span(password->begin, password->begin + password->size);
  diagnostics.add(501, at, "a password is written in the spec", "use password: ${VAR} or ${file:/run/secrets/...}");
}

void warn_of_written_value(const Node* scalar, std::string_view what, Diagnostics& diagnostics) {
  if (scalar == nullptr || !scalar->is_scalar() || scalar->text.empty()) return;
  if (written(*scalar).find("${") != std::string::npos) return;
  diagnostics.add(501, scalar->at, std::string{what} + " is written in the spec",
                  "use ${VAR} or ${file:/run/secrets/...}");
}

std::optional<AuthSpec> read_auth(const Node& block) {
  const Node* auth = block.find("auth");
  if (auth == nullptr || auth->members.empty()) return std::nullopt;
  const Member& kind = auth->members.front();
  AuthSpec spec{kind.key, {}, kind.key_at};
  if (kind.value.is_scalar()) spec.settings.push_back({{kind.key, kind.key_at}, {kind.value.text, kind.value.at}});
  if (kind.value.is_map()) spec.settings = text_entries(*auth, kind.key);
  return spec;
}

RetrySpec read_retry(const Node& connection) {
  RetrySpec spec;
  const Node* block = connection.find("retry");
  if (block == nullptr) return spec;
  spec.attempts = small_integer_of(*block, "attempts", spec.attempts);
  spec.backoff = text_of(*block, "backoff", spec.backoff).value;
  spec.max = text_of(*block, "max", spec.max).value;
  return spec;
}

PaginateSpec read_paginate(const Node& block, Diagnostics& diagnostics) {
  PaginateSpec spec;
  spec.offset = text_of(block, "offset").value;
  spec.page = text_of(block, "page").value;
  spec.cursor = text_of(block, "cursor").value;
  spec.next = text_of(block, "next").value;
  spec.limit = text_of(block, "limit").value;
  spec.link = flag_of(block, "link").value_or(false);
  spec.size = small_integer_of(block, "size", spec.size);
  if (block.find("start") != nullptr) spec.start = small_integer_of(block, "start", 0);
  spec.until = expression_of(block, "until", diagnostics);
  spec.at = block.at;
  return spec;
}

FormatSpec read_format(const Node& block, Diagnostics& diagnostics) {
  FormatSpec spec;
  spec.format = written_text(block, "format");
  if (block.find("nulls") != nullptr) spec.nulls = texts_of(block, "nulls");
  spec.encoding = written_text(block, "encoding");
  spec.delimiter = written_text(block, "delimiter");
  spec.quote = written_text(block, "quote");
  spec.escape = written_text(block, "escape");
  spec.records = written_text(block, "records");
  if (const Node* header = block.find("header"))
    spec.header = At<int>{small_integer_of(block, "header", 1), header->at};
  spec.trim = flag_of(block, "trim");
  if (block.find("params") != nullptr) spec.params = text_entries(block, "params");
  if (const Node* paginate = block.find("paginate")) spec.paginate = read_paginate(*paginate, diagnostics);
  if (block.find("key") != nullptr) spec.key = texts_of(block, "key");
  if (const Node* cursor = block.find("cursor"))
    spec.cursor = CursorSpec{text_of(*cursor, "column"), text_of(*cursor, "lag").value};
  return spec;
}

// Headers whose values are ordinary words, which would be blanked out everywhere.
bool is_public_header(std::string name) {
  constexpr std::array<std::string_view, 4> kPublic = {"accept", "accept-language", "content-type", "user-agent"};
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return std::find(kPublic.begin(), kPublic.end(), name) != kPublic.end();
}

void register_secrets(const ConnectionSpec& connection) {
  const std::string& url = connection.url.value;
  if (const auto password = password_in(url)) register_secret(url.substr(password->begin, password->size));
  register_secret(connection.password.reveal());
  for (const auto& [header, value] : connection.headers) {
    if (!is_public_header(header.value)) register_secret(value.value);
  }
  if (!connection.auth) return;
  constexpr std::array<std::string_view, 3> kPublic = {"token_url", "client_id", "scope"};
  for (const auto& [setting, value] : connection.auth->settings) {
    if (std::find(kPublic.begin(), kPublic.end(), setting.value) != kPublic.end()) continue;
    register_secret(value.value);
    const std::size_t colon = value.value.find(':');
    if (connection.auth->kind == "basic" && colon != std::string::npos) register_secret(value.value.substr(colon + 1));
  }
}

std::optional<ColumnsSpec> read_columns(const Node& source) {
  const Node* columns = source.find("columns");
  if (columns == nullptr) return std::nullopt;
  ColumnsSpec spec;
  for (const Node& item : columns->items) {
    spec.names.push_back({item.text, item.at});
    spec.from.emplace_back();
  }
  for (const Member& member : columns->members) {
    spec.names.push_back({member.key, member.key_at});
    spec.from.push_back(member.value.is_scalar() ? std::optional{member.value.text} : std::nullopt);
  }
  return spec;
}

}  // namespace

void warn_of_written_secrets(const Node& connection, Diagnostics& diagnostics) {
  if (const Node* url = connection.find("url"); url != nullptr && url->is_scalar())
    warn_of_password_in_url(*url, diagnostics);
  warn_of_written_value(connection.find("password"), "a password", diagnostics);
  const Node* auth = connection.find("auth");
  if (auth == nullptr) return;
  warn_of_written_value(auth->find("bearer"), "a token", diagnostics);
  warn_of_written_value(auth->find("basic"), "a password", diagnostics);
  if (const Node* oauth2 = auth->find("oauth2"))
    warn_of_written_value(oauth2->find("client_secret"), "a secret", diagnostics);
  for (const std::string_view kind : {"header", "query"}) {
    const Node* entries = auth->find(kind);
    for (const Member& entry : entries == nullptr ? std::vector<Member>{} : entries->members) {
      warn_of_written_value(&entry.value, "a key", diagnostics);
    }
  }
}

ConnectionSpec read_connection(const Member& member, const ReadContext& context) {
  const Node& block = member.value;
  ConnectionSpec spec;
  spec.url = text_of(block, "url");
  if (const Node* url = block.find("url")) spec.written_url = written(*url);
  spec.password = Secret{text_of(block, "password").value};
  spec.schema = written_text(block, "schema");
  spec.create = flag_of(block, "create").value_or(false);
  spec.pragmas = literal_entries(block, "pragmas");
  spec.session = literal_entries(block, "session");
  spec.auth = read_auth(block);
  spec.headers = text_entries(block, "headers");
  spec.rate = text_of(block, "rate").value;
  spec.timeout = text_of(block, "timeout", spec.timeout).value;
  spec.retry = read_retry(block);
  spec.format = read_format(block, context.diagnostics);
  spec.at = member.key_at;
  warn_of_written_secrets(block, context.diagnostics);
  if (context.resolved) register_secrets(spec);
  return spec;
}

SourceSpec read_source(const Member& member, const ReadContext& context) {
  const Node& block = member.value;
  SourceSpec spec;
  spec.connection = text_of(block, "connection");
  spec.table = written_text(block, "table");
  spec.path = written_text(block, "path");
  spec.file = written_text(block, "file");
  if (const Node* query = block.find("query")) spec.query = to_sql(*query);
  spec.columns = read_columns(block);
  spec.order = texts_of(block, "order");
  spec.partition = written_text(block, "partition");
  spec.level = small_integer_of(block, "level", spec.level);
  spec.under = text_of(block, "under").value;
  spec.fill_down = texts_of(block, "fill_down");
  spec.each = written_text(block, "each");
  spec.exports = expression_entries(block, "export", context.diagnostics);
  spec.format = read_format(block, context.diagnostics);
  spec.at = member.key_at;
  return spec;
}

LookupSpec read_lookup(const Member& member, const ReadContext& context) {
  const Node& block = member.value;
  LookupSpec spec;
  if (block.find("map") != nullptr) spec.map = literal_entries(block, "map");
  spec.file = written_text(block, "file");
  spec.from = written_text(block, "from");
  spec.id_map = written_text(block, "id_map");
  spec.key = expression_of(block, "key", context.diagnostics);
  spec.value = written_text(block, "value");
  spec.ignore_case = flag_of(block, "ignore_case").value_or(false);
  spec.at = member.key_at;
  for (const Member& setting : block.members) {
    const bool needs_rows = setting.key == "key" || setting.key == "value";
    if (!needs_rows || spec.file || spec.from || (!spec.map && !spec.id_map)) continue;
    context.diagnostics.add(111, setting.key_at, setting.key + " belongs to a lookup with file or from",
                            "remove it: keys and values stand in the lookup itself");
  }
  return spec;
}

}  // namespace etl::spec
