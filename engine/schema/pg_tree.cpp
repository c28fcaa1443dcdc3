#include "engine/schema/pg_tree.h"

#include <pg_query.h>
#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>

#include "engine/data/value.h"

namespace etl::schema::pg {

// Makes nodes of the JSON text in which libpg_query hands out its tree.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::string_view sql) : sql_{sql} {}

  Node build(const simdjson::dom::element& element) const {
    Node node;
    node.present_ = true;
    if (const auto object = element.get_object(); object.error() == simdjson::SUCCESS) {
      for (const auto [key, value] : object.value_unsafe()) node.fields_.emplace_back(std::string{key}, build(value));
    } else if (const auto array = element.get_array(); array.error() == simdjson::SUCCESS) {
      for (const auto item : array.value_unsafe()) node.items_.push_back(build(item));
    } else {
      node.text_ = scalar(element);
    }
    if (node.kind() == "A_Const") mend_negative(node.fields_.front().second);
    return node;
  }

 private:
  static std::string scalar(const simdjson::dom::element& element) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) return std::string{text};
    return simdjson::minify(element);
  }

  // The library writes no negative integers: a constant such as -5 arrives as if it were zero, at the minus.
  void mend_negative(Node& constant) const {
    const auto at = static_cast<std::size_t>(constant["location"].number());
    if (!constant["ival"] || constant["ival"]["ival"] || at >= sql_.size() || sql_[at] != '-') return;
    const std::string_view rest = trim(sql_.substr(at + 1));
    Node value;
    value.text_ = "-" + std::string{rest.substr(0, rest.find_first_not_of("0123456789"))};
    for (auto& [name, field] : constant.fields_) {
      if (name == "ival") field.fields_.emplace_back("ival", std::move(value));
    }
  }

  std::string_view sql_;
};

namespace {

Statement statement(const simdjson::dom::element& raw, std::string_view sql, bool without_rows) {
  Statement made;
  std::int64_t begin = 0;
  std::int64_t length = 0;
  if (raw["stmt_location"].get(begin) != simdjson::SUCCESS) begin = 0;
  if (raw["stmt_len"].get(length) != simdjson::SUCCESS) length = static_cast<std::int64_t>(sql.size()) - begin;
  const std::string_view text = trim(sql.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(length)));
  made.begin = static_cast<std::uint32_t>(text.data() - sql.data());
  made.end = made.begin + static_cast<std::uint32_t>(text.size());
  simdjson::dom::object wrapper;
  if (raw["stmt"].get(wrapper) != simdjson::SUCCESS) return made;
  const bool rows = wrapper.size() == 1 && (*wrapper.begin()).key == "InsertStmt";
  if (!rows || !without_rows) made.tree = TreeBuilder{sql}.build(raw["stmt"].value_unsafe());
  return made;
}

// The byte at which character `place` (from 1) of a UTF-8 text stands.
std::uint32_t byte_of_character(std::string_view text, int place) {
  std::size_t offset = 0;
  for (int character = 1; character < place && offset < text.size(); ++character) {
    do ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80);
  }
  return static_cast<std::uint32_t>(offset);
}

// What the library cannot be given: it takes a C string in UTF-8.
std::optional<Fault> unreadable(std::string_view sql) {
  if (const auto nul = sql.find('\0'); nul != std::string_view::npos) {
    return Fault{"a NUL byte", static_cast<std::uint32_t>(nul)};
  }
  if (const auto bad = find_invalid_utf8(sql); bad != std::string_view::npos) {
    return Fault{"not UTF-8", static_cast<std::uint32_t>(bad)};
  }
  return std::nullopt;
}

// Protocol buffers wire format (protobuf.dev/programming-guides/encoding): varints and length-delimited fields,
// which is all that a ScanResult has.
class Wire {
 public:
  explicit Wire(std::string_view bytes) : bytes_{bytes} {}
  bool done() const { return at_ >= bytes_.size(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !done(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }
  std::string_view delimited() {
    const std::uint64_t length = varint();
    const std::string_view piece = bytes_.substr(std::min(at_, bytes_.size()), length);
    at_ += piece.size();
    return piece;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

Token token(std::string_view message) {
  constexpr int kSqlComment = 275, kCComment = 276;  // enum Token of pg_query.proto.
  Token token;
  for (Wire wire{message}; !wire.done();) {
    const std::uint64_t field = wire.varint() >> 3;
    const std::uint64_t value = wire.varint();
    if (field == 1) token.begin = static_cast<std::uint32_t>(value);
    if (field == 2) token.end = static_cast<std::uint32_t>(value);
    if (field == 4) token.kind = static_cast<int>(value);
  }
  token.is_comment = token.kind == kSqlComment || token.kind == kCComment;
  return token;
}

}  // namespace

const Node& Node::operator[](std::string_view field) const {
  static const Node kAbsent;
  const auto found = std::ranges::find(fields_, field, &std::pair<std::string, Node>::first);
  return found == fields_.end() ? kAbsent : found->second;
}

std::string_view Node::kind() const {
  if (fields_.size() != 1) return "";
  const std::string& name = fields_.front().first;
  return std::isupper(static_cast<unsigned char>(name.front())) != 0 ? std::string_view{name} : std::string_view{};
}

int Node::number() const {
  int value = 0;
  std::from_chars(text_.data(), text_.data() + text_.size(), value);
  return value;
}

const std::string& Node::string() const { return (*this)["String"]["sval"].text(); }

std::string Node::last_name() const { return items_.empty() ? "" : items_.back().string(); }

std::string Node::schema_name() const { return items_.size() < 2 ? "" : items_[items_.size() - 2].string(); }

Parsed parse(std::string_view sql, bool without_rows) {
  Parsed parsed;
  if ((parsed.fault = unreadable(sql))) return parsed;
  const std::string text{sql};
  const std::unique_ptr<PgQueryParseResult, void (*)(PgQueryParseResult*)> result{
      new PgQueryParseResult{pg_query_parse(text.c_str())}, [](PgQueryParseResult* done) {
        pg_query_free_parse_result(*done);
        delete done;
      }};
  if (result->error != nullptr) {
    parsed.fault = Fault{result->error->message, byte_of_character(sql, result->error->cursorpos)};
    return parsed;
  }
  simdjson::dom::parser parser;
  simdjson::dom::array raw;
  const auto error =
      parser.parse(result->parse_tree, std::char_traits<char>::length(result->parse_tree))["stmts"].get(raw);
  if (error != simdjson::SUCCESS) {
    parsed.fault = Fault{"the statement is nested too deeply", 0};
    return parsed;
  }
  for (const auto item : raw) parsed.statements.push_back(statement(item, sql, without_rows));
  return parsed;
}

std::optional<Node> parse_expression(std::string_view sql) {
  const Parsed parsed = parse("SELECT (" + std::string{sql} + "\n)");
  if (parsed.statements.size() != 1) return std::nullopt;
  const Node& select = parsed.statements.front().tree;
  if (select.kind() != "SelectStmt" || select.body()["targetList"].items().size() != 1) return std::nullopt;
  return select.body()["targetList"].items().front()["ResTarget"]["val"];
}

std::optional<std::vector<Token>> scan(std::string_view sql) {
  if (unreadable(sql)) return std::nullopt;
  const std::string text{sql};
  const PgQueryScanResult result = pg_query_scan(text.c_str());
  std::optional<std::vector<Token>> tokens;
  if (result.error == nullptr) {
    tokens.emplace();
    for (Wire wire{{result.pbuf.data, result.pbuf.len}}; !wire.done();) {
      constexpr std::uint64_t kTokens = (2U << 3) | 2U;
      if (wire.varint() == kTokens) {
        tokens->push_back(token(wire.delimited()));
      } else {
        wire.varint();
      }
    }
  }
  pg_query_free_scan_result(result);
  return tokens;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  while (true) {
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return text.substr(text.size());
    text.remove_prefix(begin);
    text.remove_suffix(text.size() - 1 - text.find_last_not_of(kBlanks));
    if (text.starts_with("--")) {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else if (const auto close = text.find("*/"); text.starts_with("/*") && close != std::string_view::npos) {
      text.remove_prefix(close + 2);
    } else {
      return text;
    }
  }
}

}  // namespace etl::schema::pg
