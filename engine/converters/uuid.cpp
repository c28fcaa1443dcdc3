// The uuid family: random and name-based keys (RFC 4122, sections 4.3 and 4.4).
//
// OpenSSL's one-block interface to SHA-1 is used although it is marked as old: its successor looks the algorithm up
// again for every message, which costs more than the hash of a short key.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"
#include "engine/converters/random.h"

namespace etl::converters {

namespace {

void set_version(Uuid& uuid, unsigned version) {
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | version << 4);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
}

// SHA-1 that has read the name space already.
SHA_CTX begin_uuid5(const Uuid& name_space) {
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, name_space.bytes.data(), name_space.bytes.size());
  return state;
}

Uuid uuid5(const SHA_CTX& name_space, std::string_view name) {
  SHA_CTX state = name_space;
  SHA1_Update(&state, name.data(), name.size());
  std::uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1_Final(digest, &state);
  Uuid uuid;
  std::copy_n(digest, uuid.bytes.size(), uuid.bytes.begin());
  set_version(uuid, 5);
  return uuid;
}

// uuid5(uuid5(nil, mapping), table).
SHA_CTX begin_keys(const RunContext& run) {
  const Uuid mapping = uuid5(begin_uuid5(Uuid{}), run.mapping_name);
  return begin_uuid5(uuid5(begin_uuid5(mapping), run.table_name));
}

bool any_null(std::span<const ColumnPtr> arguments, std::size_t row) {
  return std::ranges::any_of(arguments, [row](const ColumnPtr& argument) { return argument->is_null(row); });
}

// The name of one value is its text, of several a compact JSON array of texts.
void append_name(std::span<const ColumnPtr> arguments, std::size_t row, std::string& name) {
  if (arguments.size() == 1) return append_text(arguments[0]->at(row), name);
  std::string text;
  name += '[';
  for (const auto& argument : arguments) {
    if (name.size() > 1) name += ',';
    text.clear();
    append_text(argument->at(row), text);
    append_json_string(text, name);
  }
  name += ']';
}

Kernel uuid5_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::uuid, context.rows);
    const auto values = out->values<Uuid>();
    const SHA_CTX keys = begin_keys(context.run);
    const bool text = arguments.size() == 1 && arguments[0]->type() == Type::text;
    std::string name;
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row) || any_null(arguments, row)) {
        out->set_null(row);
        continue;
      }
      if (text) {
        values[row] = uuid5(keys, arguments[0]->values<std::string_view>()[row]);
        continue;
      }
      name.clear();
      append_name(arguments, row, name);
      values[row] = uuid5(keys, name);
    }
    return out;
  };
}

// Reproducible bits (Steele, Lea, Flood: SplittableRandom).
std::uint64_t next_bits(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  std::uint64_t bits = state;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

Kernel bind_uuid4(const Use&) {
  // Uses of one mapping draw different numbers, and each goes on where its last batch ended.
  static std::atomic<std::uint64_t> uses{0};
  auto drawn = std::make_shared<std::atomic<std::uint64_t>>(0);
  return [drawn, use = ++uses](std::span<const ColumnPtr>, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::uuid, context.rows);
    const auto values = out->values<Uuid>();
    const std::uint64_t first = drawn->fetch_add(context.rows);
    if (context.run.random_seed == 0) fill_random(std::as_writable_bytes(values));
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (context.run.random_seed != 0) {
        std::uint64_t state = context.run.random_seed ^ use << 48 ^ (first + row) << 1;
        const std::uint64_t halves[] = {next_bits(state), next_bits(state)};
        std::memcpy(values[row].bytes.data(), halves, sizeof halves);
      }
      set_version(values[row], 4);
    }
    return out;
  };
}

}  // namespace

std::vector<Function> uuid_functions() {
  return {
      {.name = "uuid4",
       .family = "uuid",
       .doc = "A random UUID.",
       .result = {.type = Type::uuid},
       .on_null = OnNull::is_called,
       .examples = {{"uuid4() is null", "false"}, {"substring(text(uuid4()), 15, 1)", "'4'"}},
       .pure = false,
       .bind = bind_uuid4},
      {.name = "uuid5",
       .family = "uuid",
       .doc =
           "The UUID that the name of the mapping, the table and the values always give; inverted through the ID map.",
       .parameters = {{.name = "value", .types = TypeSet::all(), .repeated = true}},
       .result = {.type = Type::uuid},
       .inverse = Inverse::exact,
       .examples = {{"uuid5(1) = uuid5('1')", "true"},
                    {"uuid5('a', 'b') = uuid5('a,b')", "false"},
                    {"uuid5(null)", "null"}},
       .bind = [](const Use&) { return uuid5_kernel(); }},
  };
}

}  // namespace etl::converters
