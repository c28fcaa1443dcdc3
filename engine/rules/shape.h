// The shape of JSON values: {theme: text, sizes: [int], age?: int}, [any], {}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/type.h"

namespace etl::rules {

class Shape {
 public:
  // From compact JSON: {"theme":"text","sizes":["int"],"age?":"int"}. Why it is no shape goes into `fault`, and the
  // result is nullptr.
  static std::unique_ptr<const Shape> parse(std::string_view json, std::string& fault);

  // Why a canonical JSON value does not have the shape: "sizes[1] is text, not int"; "" when it has.
  std::string fault_of(std::string_view json) const;

 private:
  enum class Kind : std::uint8_t { any, object, list, scalar };
  struct Member {
    std::string name;
    bool optional = false;
    std::unique_ptr<const Shape> shape;
  };

  std::string check(std::string_view json, const std::string& path) const;
  std::string check_object(std::string_view json, const std::string& path) const;

  Kind kind_ = Kind::any;
  Type type_ = Type::any;               // Of a scalar.
  std::vector<Member> members_;         // Of an object; further ones are allowed.
  std::unique_ptr<const Shape> items_;  // Of a list.
};

}  // namespace etl::rules
