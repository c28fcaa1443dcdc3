// text, int, decimal, ...: the conversions as functions, one per type. Those of time stand in time.cpp.
#include "engine/converters/bind.h"
#include "engine/converters/convert.h"
#include "engine/converters/encoding.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

Kernel convert_first(const Use& use, Type to) {
  static const RunContext kAnywhere;
  return conversion(use.types[0], to, use.run != nullptr ? *use.run : kAnywhere);
}

std::string check_encoding(const Use& use, std::size_t& index) {
  index = 1;
  const auto encoding = constant_text(use, 1);
  if (!encoding || encoding_named(*encoding)) return "";
  return "encoding must be 'utf8', 'hex' or 'base64'";
}

std::string check_text_encoding(const Use& use, std::size_t& index) {
  if (has_argument(use, 1) && use.types[0] != Type::bytes) {
    index = 1;
    return "an encoding fits bytes only";
  }
  return check_encoding(use, index);
}

Kernel bind_text(const Use& use) {
  if (!has_argument(use, 1)) return convert_first(use, Type::text);
  const auto encoding = constant_text(use, 1);
  if (!encoding) return null_kernel(Type::text);
  switch (*encoding_named(*encoding)) {
    case Encoding::hex:
      return lift<Bytes>([](Arena& arena, Bytes bytes) { return encode_hex(arena, bytes.view); });
    case Encoding::base64:
      return lift<Bytes>([](Arena& arena, Bytes bytes) { return encode_base64(arena, bytes.view); });
    case Encoding::utf8:
      break;
  }
  return convert_first(use, Type::text);
}

Kernel bind_bytes(const Use& use) {
  if (!has_argument(use, 1) || use.types[0] == Type::bytes) return convert_first(use, Type::bytes);
  const auto encoding = constant_text(use, 1);
  if (!encoding) return null_kernel(Type::bytes);
  switch (*encoding_named(*encoding)) {
    case Encoding::hex:
      return lift<std::string_view>(decode_hex);
    case Encoding::base64:
      return lift<std::string_view>(decode_base64);
    case Encoding::utf8:
      break;
  }
  return convert_first(use, Type::bytes);
}

Kernel bind_float(const Use& use) {
  if (use.types[0] != Type::integer) return convert_first(use, Type::float64);
  return lift<std::int64_t>([](Arena& arena, std::int64_t value) { return ToFloat{.rounds = true}(arena, value); });
}

}  // namespace

std::vector<Function> conversion_functions() {
  const Parameter encoding{.name = "encoding", .types = Type::text, .optional = true, .constant = true};
  return {
      {.name = "text",
       .family = "text",
       .doc = "The value as text: ISO 8601 for dates, plain digits for numbers, canonical UUIDs, compact JSON; bytes "
              "in the encoding 'utf8' (default), 'hex' or 'base64'.",
       .parameters = {{.name = "value", .types = TypeSet::all()}, encoding},
       .result = {.type = Type::text},
       .inverse = Inverse::exact,
       .fails = "bytes that are not valid in the encoding",
       .examples = {{"text(12.50)", "'12.50'"},
                    {"text(date('2024-03-01'))", "'2024-03-01'"},
                    {"text(bytes('Ada'), 'hex')", "'416461'"},
                    {"text(bytes('ff', 'hex'))", "fails: not UTF-8"}},
       .check_constants = check_text_encoding,
       .bind = bind_text},
      {.name = "int",
       .family = "number",
       .doc = "A whole number of 64 bits. Surrounding blanks are allowed, thousands separators are not: use number.",
       .parameters = {{.name = "value",
                       .types = {Type::text, Type::integer, Type::decimal, Type::float64, Type::boolean}}},
       .result = {.type = Type::integer},
       .inverse = Inverse::canonical,
       .fails = "not an integer, has a fraction, out of range",
       .examples = {{"int(' 42 ')", "42"},
                    {"int(7.0)", "7"},
                    {"int(true)", "1"},
                    {"int('4x')", "fails: not a whole number"},
                    {"int(1.5)", "fails: has a fraction"}},
       .bind = [](const Use& use) { return convert_first(use, Type::integer); }},
      {.name = "decimal",
       .family = "number",
       .doc = "An exact number of up to 38 digits.",
       .parameters = {{.name = "value", .types = {Type::text, Type::integer, Type::decimal, Type::float64}}},
       .result = {.type = Type::decimal},
       .inverse = Inverse::canonical,
       .fails = "not a number",
       .examples = {{"decimal('1.10')", "1.10"}, {"decimal('1e3')", "1000"}, {"decimal('ten')", "fails: not a number"}},
       .bind = [](const Use& use) { return convert_first(use, Type::decimal); }},
      {.name = "float",
       .family = "number",
       .doc = "A number of double precision: the explicit way to accept rounding.",
       .parameters = {{.name = "value", .types = {Type::text, Type::integer, Type::decimal, Type::float64}}},
       .result = {.type = Type::float64},
       .inverse = Inverse::canonical,
       .fails = "not a number",
       .examples = {{"text(float('0.1'))", "'0.1'"},
                    {"text(float(9007199254740993))", "'9.007199254740992e+15'"},
                    {"float('1,5')", "fails: not a number"}},
       .bind = bind_float},
      {.name = "bool",
       .family = "logic",
       .doc = "true for true, t, yes, y, on and 1, false for false, f, no, n, off and 0; case does not matter.",
       .parameters = {{.name = "value", .types = {Type::text, Type::integer, Type::boolean}}},
       .result = {.type = Type::boolean},
       .inverse = Inverse::canonical,
       .fails = "anything but true/false, t/f, yes/no, y/n, on/off, 1/0",
       .examples = {{"bool('Yes')", "true"}, {"bool(0)", "false"}, {"bool('maybe')", "fails: neither true nor false"}},
       .bind = [](const Use& use) { return convert_first(use, Type::boolean); }},
      {.name = "uuid",
       .family = "uuid",
       .doc = "A UUID from text, with or without hyphens and braces, or from its 16 bytes.",
       .parameters = {{.name = "value", .types = {Type::text, Type::uuid, Type::bytes}}},
       .result = {.type = Type::uuid},
       .inverse = Inverse::canonical,
       .fails = "not a UUID",
       .examples = {{"text(uuid('{6F9619FF8B86D011B42D00CF4FC964FF}'))", "'6f9619ff-8b86-d011-b42d-00cf4fc964ff'"},
                    {"uuid('6f9619ff')", "fails: not a UUID"},
                    {"uuid(null)", "null"}},
       .bind = [](const Use& use) { return convert_first(use, Type::uuid); }},
      {.name = "json",
       .family = "json",
       .doc = "JSON from text; any other value becomes the JSON value that stands for it.",
       .parameters = {{.name = "value", .types = TypeSet::all()}},
       .result = {.type = Type::json},
       .inverse = Inverse::canonical,
       .fails = "text that is not JSON",
       .examples = {{"text(json('{\"b\": 1e2, \"a\": [1.10, true]}'))", "'{\"a\":[1.10,true],\"b\":100}'"},
                    {"text(json(date('2024-03-01')))", "'\"2024-03-01\"'"},
                    {"json('{a: 1}')", "fails: is not JSON"}},
       .bind = [](const Use& use) { return convert_first(use, Type::json); }},
      {.name = "bytes",
       .family = "text",
       .doc = "The bytes that a text stands for in the encoding 'utf8' (default), 'hex' or 'base64'.",
       .parameters = {{.name = "value", .types = {Type::text, Type::bytes}}, encoding},
       .result = {.type = Type::bytes},
       .inverse = Inverse::exact,
       .fails = "not valid in that encoding",
       .examples = {{"text(bytes('QWRh', 'base64'))", "'Ada'"},
                    {"length(bytes('416461', 'hex'))", "3"},
                    {"bytes('4x', 'hex')", "fails: is not hexadecimal"}},
       .check_constants = check_encoding,
       .bind = bind_bytes},
  };
}

}  // namespace etl::converters
