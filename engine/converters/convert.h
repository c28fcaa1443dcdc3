// Conversions of single values, each target type an overload set over the source types that reach it.
#pragma once

#include <optional>
#include <string>

#include "engine/converters/zone.h"
#include "engine/data/batch.h"

namespace etl::converters {

// A call with a type that is not listed is refused at compile time, instead of widening on the quiet.

struct ToBool {
  using Result = bool;
  template <class T>
  bool operator()(Arena&, T) const = delete;
  bool operator()(Arena&, bool value) const { return value; }
  Outcome<bool> operator()(Arena&, std::int64_t value) const;
  Outcome<bool> operator()(Arena&, const Decimal& value) const;
  Outcome<bool> operator()(Arena&, std::string_view value) const { return parse_bool(value); }
};

struct ToInteger {
  using Result = std::int64_t;
  template <class T>
  std::int64_t operator()(Arena&, T) const = delete;
  std::int64_t operator()(Arena&, bool value) const { return value ? 1 : 0; }
  std::int64_t operator()(Arena&, std::int64_t value) const { return value; }
  Outcome<std::int64_t> operator()(Arena&, const Decimal& value) const;
  Outcome<std::int64_t> operator()(Arena&, double value) const;
  Outcome<std::int64_t> operator()(Arena&, std::string_view value) const { return parse_integer(value); }
};

struct ToDecimal {
  using Result = Decimal;
  template <class T>
  Decimal operator()(Arena&, T) const = delete;
  Decimal operator()(Arena&, std::int64_t value) const { return Decimal::of(value); }
  const Decimal& operator()(Arena&, const Decimal& value) const { return value; }
  Outcome<Decimal> operator()(Arena&, double value) const;
  Outcome<Decimal> operator()(Arena&, std::string_view value) const;
};

struct ToFloat {
  using Result = double;
  bool rounds = false;  // Whether an int that a double cannot hold exactly is accepted.
  template <class T>
  double operator()(Arena&, T) const = delete;
  Outcome<double> operator()(Arena&, std::int64_t value) const;
  double operator()(Arena&, const Decimal& value) const { return to_double(value); }
  double operator()(Arena&, double value) const { return value; }
  Outcome<double> operator()(Arena&, std::string_view value) const { return parse_float(value); }
};

struct ToText {
  using Result = std::string_view;
  template <class T>
  std::string_view operator()(Arena&, T) const = delete;
  std::string_view operator()(Arena&, bool value) const { return value ? "true" : "false"; }
  std::string_view operator()(Arena& arena, std::int64_t value) const;
  std::string_view operator()(Arena& arena, const Decimal& value) const;
  std::string_view operator()(Arena& arena, double value) const;
  std::string_view operator()(Arena&, std::string_view value) const { return value; }
  Outcome<std::string_view> operator()(Arena&, const Bytes& value) const;
  std::string_view operator()(Arena& arena, Date value) const;
  std::string_view operator()(Arena& arena, Time value) const;
  std::string_view operator()(Arena& arena, Timestamp value) const;
  std::string_view operator()(Arena& arena, Instant value) const;
  std::string_view operator()(Arena& arena, const Uuid& value) const;
  std::string_view operator()(Arena&, const Json& value) const { return value.view; }
  std::string_view operator()(Arena&, const List& value) const { return value.view; }
};

struct ToBytes {
  using Result = Bytes;
  template <class T>
  Bytes operator()(Arena&, T) const = delete;
  Bytes operator()(Arena&, std::string_view value) const { return {value}; }
  Bytes operator()(Arena&, const Bytes& value) const { return value; }
};

struct ToUuid {
  using Result = Uuid;
  template <class T>
  Uuid operator()(Arena&, T) const = delete;
  Outcome<Uuid> operator()(Arena&, std::string_view value) const { return parse_uuid(value); }
  Outcome<Uuid> operator()(Arena&, const Bytes& value) const;
  const Uuid& operator()(Arena&, const Uuid& value) const { return value; }
};

struct ToJson {
  using Result = Json;
  template <class T>
  Json operator()(Arena& arena, const T& value) const {
    return wrap(arena, Value{value});
  }
  Outcome<Json> operator()(Arena& arena, std::string_view value) const;
  Json operator()(Arena&, const Json& value) const { return value; }
  Json operator()(Arena&, const List& value) const { return {value.view}; }

 private:
  static Json wrap(Arena& arena, const Value& value);
};

struct ToList {
  using Result = List;
  template <class T>
  List operator()(Arena&, T) const = delete;
  Outcome<List> operator()(Arena& arena, std::string_view value) const;
  Outcome<List> operator()(Arena&, const Json& value) const;
  List operator()(Arena&, const List& value) const { return value; }
};

// Those between wall clocks and instants need a zone. Each works on one batch.

struct ToDate {
  using Result = Date;
  Zone& zone;
  template <class T>
  Date operator()(Arena&, T) const = delete;
  Outcome<Date> operator()(Arena&, std::string_view value) const { return parse_date(value); }
  Date operator()(Arena&, Date value) const { return value; }
  Date operator()(Arena&, Timestamp value) const;
  Date operator()(Arena& arena, Instant value) const { return (*this)(arena, zone.local(value)); }
};

struct ToTime {
  using Result = Time;
  Zone& zone;
  template <class T>
  Time operator()(Arena&, T) const = delete;
  Outcome<Time> operator()(Arena&, std::string_view value) const { return parse_time(value); }
  Time operator()(Arena&, Time value) const { return value; }
  Outcome<Time> operator()(Arena&, Timestamp value) const;
};

struct ToTimestamp {
  using Result = Timestamp;
  Zone& zone;
  template <class T>
  Timestamp operator()(Arena&, T) const = delete;
  Outcome<Timestamp> operator()(Arena&, std::string_view value) const { return parse_timestamp(value); }
  Outcome<Timestamp> operator()(Arena&, Date value) const;
  Timestamp operator()(Arena&, Timestamp value) const { return value; }
};

struct ToInstant {
  using Result = Instant;
  Zone& zone;
  std::string_view zone_name;
  template <class T>
  Instant operator()(Arena&, T) const = delete;
  Outcome<Instant> operator()(Arena& arena, std::string_view value) const;
  Outcome<Instant> operator()(Arena& arena, Date value) const;
  Outcome<Instant> operator()(Arena&, Timestamp value) const;
  Instant operator()(Arena&, Instant value) const { return value; }
};

// The zone of a run's settings. REQUIRES: it is known.
Zone zone_of(std::string_view name);

}  // namespace etl::converters
