// The types of the mapping language (language.md, section 5), and sets of them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace etl {

enum class Type : std::uint8_t {
  any,          // Known only when a value is at hand: JSON members, undeclared columns.
  boolean,
  integer,      // 64 bit.
  decimal,      // Exact, up to 38 digits.
  float64,
  text,         // UTF-8 without NUL.
  bytes,
  date,
  time,
  timestamp,    // A wall-clock reading without a zone.
  timestamptz,  // An instant.
  uuid,
  json,
  list,         // A JSON array.
};
inline constexpr std::size_t kTypeCount = 14;

// The language's name: "bool", "int", "decimal", ...
std::string_view name(Type type);
std::optional<Type> type_named(std::string_view name);

bool is_number(Type type);
bool is_temporal(Type type);  // date, time, timestamp, timestamptz

class TypeSet {
 public:
  constexpr TypeSet() = default;
  constexpr TypeSet(Type type) : bits_{bit(type)} {}  // NOLINT(google-explicit-constructor)
  constexpr TypeSet(std::initializer_list<Type> types) {
    for (const Type type : types) bits_ |= bit(type);
  }
  // Every type but `any` itself.
  static constexpr TypeSet all() {
    TypeSet set;
    set.bits_ = ((1U << kTypeCount) - 1U) & ~bit(Type::any);
    return set;
  }

  constexpr bool has(Type type) const { return (bits_ & bit(type)) != 0; }
  constexpr bool operator==(const TypeSet&) const = default;
  constexpr TypeSet operator|(TypeSet other) const {
    other.bits_ |= bits_;
    return other;
  }

 private:
  static constexpr std::uint32_t bit(Type type) { return 1U << static_cast<unsigned>(type); }
  std::uint32_t bits_ = 0;
};

// "text|int", in the order of the enumeration; "any" for all().
std::string name(TypeSet types);

}  // namespace etl
