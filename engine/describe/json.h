// JSON that is written out for people: members in the order given, two blanks of indentation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etl::describe {

class Json {
 public:
  static Json object() { return Json{"{}", Kind::object}; }
  static Json array() { return Json{"[]", Kind::array}; }
  static Json text(std::string_view text);
  static Json number(std::int64_t number) { return Json{std::to_string(number), Kind::scalar}; }
  static Json boolean(bool value) { return Json{value ? "true" : "false", Kind::scalar}; }
  static Json texts(const std::vector<std::string>& texts);

  // REQUIRES: an object; the name is new.
  Json& add(std::string_view name, Json value);
  // REQUIRES: an array.
  Json& add(Json value);
  bool has(std::string_view name) const;
  const std::vector<std::pair<std::string, Json>>& members() const { return members_; }

  // Lists of scalars stand on one line when they fit. Ends without a newline.
  std::string print(std::size_t indent = 0) const;

 private:
  enum class Kind : std::uint8_t { scalar, array, object };
  Json(std::string scalar, Kind kind) : scalar_{std::move(scalar)}, kind_{kind} {}
  std::string one_line() const;

  std::string scalar_;  // As written; "{}" or "[]" of an empty container.
  Kind kind_;
  std::vector<std::pair<std::string, Json>> members_;  // Names are empty in an array.
};

}  // namespace etl::describe
