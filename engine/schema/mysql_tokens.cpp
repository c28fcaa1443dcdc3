#include "engine/schema/mysql_tokens.h"

#include <algorithm>
#include <cctype>

namespace etl::schema {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What a backslash and this character mean in a string.
char escaped(char c) {
  switch (c) {
    case '0': return '\0';
    case 'b': return '\b';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'Z': return '\x1A';
    default: return c;
  }
}

}  // namespace

bool MysqlToken::is(std::string_view word) const {
  if (kind != Kind::word && kind != Kind::symbol) return false;
  return std::ranges::equal(text, word, [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
}

bool MysqlStatements::next(std::vector<MysqlToken>& tokens) {
  tokens.clear();
  while (skip_blanks()) {
    if (at_delimiter()) {
      at_ += delimiter_.size();
      const bool rows = !tokens.empty() && (tokens.front().is("INSERT") || tokens.front().is("REPLACE"));
      if (rows) tokens.clear();
      if (!tokens.empty()) return true;
      continue;
    }
    MysqlToken token = read_token();
    if (tokens.empty() && token.is("DELIMITER")) {
      read_delimiter();
      continue;
    }
    // Of rows, which may be many, the first word is enough.
    const bool rows = !tokens.empty() && (tokens.front().is("INSERT") || tokens.front().is("REPLACE"));
    if (!rows) tokens.push_back(std::move(token));
  }
  if (!tokens.empty() && (tokens.front().is("INSERT") || tokens.front().is("REPLACE"))) tokens.clear();
  return !tokens.empty();
}

// False at the end of the text.
bool MysqlStatements::skip_blanks() {
  const auto past = [&](std::string_view end, std::size_t from) {
    const std::size_t found = sql_.find(end, from);
    at_ = found == std::string_view::npos ? sql_.size() : found + end.size();
  };
  while (at_ < sql_.size()) {
    const std::string_view rest = sql_.substr(at_);
    if (is_blank(rest[0])) {
      ++at_;
    } else if (rest[0] == '#' || (rest.starts_with("--") && (rest.size() == 2 || is_blank(rest[2])))) {
      past("\n", at_);
    } else if (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
      at_ += rest[2] == '!' ? 3 : 4;
      while (at_ < sql_.size() && is_digit(sql_[at_])) ++at_;
      in_version_comment_ = true;
    } else if (rest.starts_with("/*")) {
      past("*/", at_ + 2);
    } else if (in_version_comment_ && rest.starts_with("*/")) {
      at_ += 2;
      in_version_comment_ = false;
    } else {
      return true;
    }
  }
  return false;
}

void MysqlStatements::read_delimiter() {
  const std::size_t end = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
  std::string_view line = sql_.substr(at_, end - at_);
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  if (!line.empty()) delimiter_ = std::string{line};
  at_ = end;
}

MysqlToken MysqlStatements::read_token() {
  const char first = sql_[at_];
  if (first == '\'' || first == '"' || first == '`') return read_quoted(first);
  MysqlToken token;
  token.begin = static_cast<std::uint32_t>(at_);
  if (is_word(first)) {
    token.kind = is_digit(first) ? MysqlToken::Kind::number : MysqlToken::Kind::word;
    const bool number = is_digit(first);
    while (at_ < sql_.size() && (is_word(sql_[at_]) || (number && sql_[at_] == '.'))) ++at_;
  } else {
    ++at_;
  }
  token.text = std::string{sql_.substr(token.begin, at_ - token.begin)};
  token.end = static_cast<std::uint32_t>(at_);
  return token;
}

MysqlToken MysqlStatements::read_quoted(char quote) {
  MysqlToken token;
  token.kind = quote == '`' ? MysqlToken::Kind::name : MysqlToken::Kind::string;
  token.begin = static_cast<std::uint32_t>(at_++);
  while (at_ < sql_.size()) {
    const char c = sql_[at_++];
    const bool more = at_ < sql_.size();
    if (c == quote) {
      if (!more || sql_[at_] != quote) break;
      token.text += quote;
      ++at_;
    } else if (c == '\\' && quote != '`' && more) {
      token.text += escaped(sql_[at_++]);
    } else {
      token.text += c;
    }
  }
  token.end = static_cast<std::uint32_t>(at_);
  return token;
}

}  // namespace etl::schema
