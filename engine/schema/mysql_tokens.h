// MySQL's SQL cut into tokens, as far as DDL needs it (MySQL 8.0 manual, sections 9.1, 9.2 and 9.7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace etl::schema {

struct MysqlToken {
  enum class Kind : std::uint8_t { word, name, string, number, symbol };
  Kind kind = Kind::symbol;
  std::string text;         // A name without its backquotes, a string's value; else as written.
  std::uint32_t begin = 0;  // In the text that was cut.
  std::uint32_t end = 0;

  bool is(std::string_view word) const;  // An unquoted word or a symbol; case is ignored, `word` in upper case.
};

// Statements one after the other. Comments are left out, but the content of /*!40101 ... */ is code. DELIMITER of the
// command line client is obeyed. An unclosed quote ends with the text.
class MysqlStatements {
 public:
  explicit MysqlStatements(std::string_view sql) : sql_{sql} {}
  // The tokens of the next statement, without what ends it; false behind the last. Never empty. A statement about
  // rows (INSERT, REPLACE) is passed over.
  bool next(std::vector<MysqlToken>& tokens);

 private:
  bool skip_blanks();
  MysqlToken read_token();
  MysqlToken read_quoted(char quote);
  void read_delimiter();
  bool at_delimiter() const { return sql_.compare(at_, delimiter_.size(), delimiter_) == 0; }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::string delimiter_ = ";";
  bool in_version_comment_ = false;
};

}  // namespace etl::schema
