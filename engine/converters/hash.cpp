// Sums of texts and bytes: MD5, SHA-256, HMAC.
//
// OpenSSL's interface per algorithm is used although it is marked as old, for the reason given in uuid.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "engine/converters/bind.h"
#include "engine/converters/encoding.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

using Text = std::string_view;
using Sha256 = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

template <std::size_t size>
Text hex(Arena& arena, const std::array<unsigned char, size>& digest) {
  return encode_hex(arena, {reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Text md5(Arena& arena, Text bytes) {
  std::array<unsigned char, MD5_DIGEST_LENGTH> digest{};
  MD5_CTX state;
  MD5_Init(&state);
  MD5_Update(&state, bytes.data(), bytes.size());
  MD5_Final(digest.data(), &state);
  return hex(arena, digest);
}

Sha256 finish(SHA256_CTX state, Text bytes) {
  Sha256 digest;
  SHA256_Update(&state, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &state);
  return digest;
}

// The salt stands in front of the value.
Text sha256(Arena& arena, Text bytes, Text salt) {
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, salt.data(), salt.size());
  return hex(arena, finish(state, bytes));
}

// HMAC (RFC 2104) with both pads of the key taken in already.
class Hmac {
 public:
  explicit Hmac(Text key) {
    std::array<unsigned char, SHA256_CBLOCK> block{};
    if (key.size() > block.size()) {
      SHA256_CTX state;
      SHA256_Init(&state);
      const Sha256 digest = finish(state, key);
      std::copy(digest.begin(), digest.end(), block.begin());
    } else {
      std::copy(key.begin(), key.end(), block.begin());
    }
    inner_ = begin(block, 0x36);
    outer_ = begin(block, 0x5C);
  }

  Sha256 of(Text bytes) const {
    const Sha256 digest = finish(inner_, bytes);
    return finish(outer_, {reinterpret_cast<const char*>(digest.data()), digest.size()});
  }

 private:
  static SHA256_CTX begin(std::array<unsigned char, SHA256_CBLOCK> block, unsigned char pad) {
    for (unsigned char& byte : block) byte ^= pad;
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, block.data(), block.size());
    return state;
  }

  SHA256_CTX inner_;
  SHA256_CTX outer_;
};

// Texts and bytes are hashed alike.
template <class Hash>
Kernel bind_hash(Type type, Hash hash) {
  if (type == Type::text) return lift<Text>(hash);
  return lift<Bytes>([hash](Arena& arena, const Bytes& bytes) { return hash(arena, bytes.view); });
}

Kernel bind_sha256(const Use& use) {
  if (!has_argument(use, 1))
    return bind_hash(use.types[0], [](Arena& arena, Text bytes) { return sha256(arena, bytes, ""); });
  if (use.types[0] == Type::text) return lift<Text, Text>(sha256);
  return lift<Bytes, Text>([](Arena& arena, const Bytes& bytes, Text salt) { return sha256(arena, bytes.view, salt); });
}

Kernel bind_hmac(const Use& use) {
  const auto key = constant_text(use, 1);
  if (key) {
    return bind_hash(use.types[0], [mac = Hmac{*key}](Arena& arena, Text bytes) { return hex(arena, mac.of(bytes)); });
  }
  if (use.types[0] == Type::text) {
    return lift<Text, Text>([](Arena& arena, Text bytes, Text secret) { return hex(arena, Hmac{secret}.of(bytes)); });
  }
  return lift<Bytes, Text>(
      [](Arena& arena, const Bytes& bytes, Text secret) { return hex(arena, Hmac{secret}.of(bytes.view)); });
}

}  // namespace

std::vector<Function> hash_functions() {
  const Parameter value{.name = "value", .types = {Type::text, Type::bytes}};
  return {
      {.name = "md5",
       .family = "hash",
       .doc = "The MD5 sum in hex: for comparison, not for secrets.",
       .parameters = {value},
       .examples = {{"md5('Ada')", "'1a382809b7c03f686e12dd15677c5497'"}, {"md5(null)", "null"}},
       .bind = [](const Use& use) { return bind_hash(use.types[0], md5); }},
      {.name = "sha256",
       .family = "hash",
       .doc = "The SHA-256 sum in hex; the second argument is a salt, put in front of the value.",
       .parameters = {value, {.name = "salt", .types = Type::text, .optional = true}},
       .examples = {{"sha256('')", "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"},
                    {"sha256('b', 'a') = sha256('ab')", "true"},
                    {"sha256(null)", "null"}},
       .bind = bind_sha256},
      {.name = "hmac_sha256",
       .family = "hash",
       .doc = "The keyed SHA-256 sum (HMAC) in hex; the key must be a secret param.",
       .parameters = {value, {.name = "key", .types = Type::text, .secret = true}},
       .examples = {{"hmac_sha256('Ada', $field_key)", "'fd2c47e15e6d9083b2b35ca0309e6dfa5250bd9a0c45b1c15dbd658d85189ff0'"},
                    {"hmac_sha256(null, $field_key)", "null"}},
       .bind = bind_hmac},
  };
}

}  // namespace etl::converters
