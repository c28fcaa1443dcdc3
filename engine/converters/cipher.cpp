// Values hidden from those who should not read them: encrypted with AES-256-GCM (NIST SP 800-38D), or masked.
//
// The bytes of an encrypted value are: 12 bytes nonce, drawn anew for each value; the ciphertext, as long as the
// value; 16 bytes tag. The AES key is the SHA-256 sum of the key param's text, so that other programs can read the
// values with a few lines; the param is to hold random bytes (openssl rand -base64 32), not a password.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <memory>

#include "engine/base/error.h"
#include "engine/converters/bind.h"
#include "engine/converters/families.h"
#include "engine/converters/random.h"
#include "engine/converters/unicode.h"

namespace etl::converters {

namespace {

using Text = std::string_view;
using Octet = unsigned char;
using Key = std::array<Octet, SHA256_DIGEST_LENGTH>;

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

Key derive(Text secret) {
  Key key;
  SHA256(reinterpret_cast<const Octet*>(secret.data()), secret.size(), key.data());
  return key;
}

const Octet* octets(Text bytes) { return reinterpret_cast<const Octet*>(bytes.data()); }
Octet* octets(char* bytes) { return reinterpret_cast<Octet*>(bytes); }

void require(bool done) {
  if (!done) throw Error{Error::Kind::environment, "OpenSSL does not offer AES-256-GCM"};
}

Bytes encrypt(Arena& arena, Text value, const Key& key) {
  const std::size_t size = kNonceSize + value.size() + kTagSize;
  char* out = arena.allocate(size);
  fill_random({reinterpret_cast<std::byte*>(out), kNonceSize});
  const CipherContext context{EVP_CIPHER_CTX_new()};
  int written = 0;
  require(context != nullptr &&
          EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), octets(out)) == 1);
  require(EVP_EncryptUpdate(context.get(), octets(out + kNonceSize), &written, octets(value),
                            static_cast<int>(value.size())) == 1);
  require(EVP_EncryptFinal_ex(context.get(), octets(out + kNonceSize + written), &written) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, out + kNonceSize + value.size()) == 1);
  return {{out, size}};
}

Outcome<Text> decrypt(Arena& arena, const Bytes& encrypted, const Key& key) {
  const Text bytes = encrypted.view;
  if (bytes.size() < kNonceSize + kTagSize) return Outcome<Text>::fail("too short for an encrypted value");
  const std::size_t size = bytes.size() - kNonceSize - kTagSize;
  char* out = arena.allocate(std::max<std::size_t>(size, 1));
  std::array<char, kTagSize> tag{};
  std::ranges::copy(bytes.substr(bytes.size() - kTagSize), tag.begin());
  const CipherContext context{EVP_CIPHER_CTX_new()};
  int written = 0;
  require(context != nullptr &&
          EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), octets(bytes)) == 1);
  require(EVP_DecryptUpdate(context.get(), octets(out), &written, octets(bytes.substr(kNonceSize)),
                            static_cast<int>(size)) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), octets(out + written), &written) != 1) {
    return Outcome<Text>::fail("wrong key, or the value is damaged");
  }
  if (find_invalid_utf8({out, size}) != Text::npos) return Outcome<Text>::fail("what was encrypted is not text");
  return Text{out, size};
}

Text mask(Arena& arena, Text text, std::int64_t shown) {
  const std::size_t kept = shown > 0 ? suffix_begin(text, shown) : text.size();
  std::string out(count_characters(text.substr(0, kept)), '*');
  return arena.copy(out.append(text.substr(kept)));
}

Kernel bind_encrypt(const Use& use) {
  if (use.types[0] == Type::text) {
    return lift<Text, Text>([](Arena& arena, Text value, Text key) { return encrypt(arena, value, derive(key)); });
  }
  return lift<Bytes, Text>(
      [](Arena& arena, const Bytes& value, Text key) { return encrypt(arena, value.view, derive(key)); });
}

Kernel bind_mask(const Use& use) {
  if (has_argument(use, 1)) return lift<Text, std::int64_t>(mask);
  return lift<Text>([](Arena& arena, Text text) { return mask(arena, text, 0); });
}

}  // namespace

std::vector<Function> cipher_functions() {
  const Parameter key{.name = "key", .types = Type::text, .secret = true};
  return {
      {.name = "encrypt",
       .family = "hash",
       .doc = "Encrypted with AES-256-GCM: 12 bytes nonce, the ciphertext, 16 bytes tag. The AES key is the SHA-256 sum of "
              "the key, which must be a secret param.",
       .parameters = {{.name = "value", .types = {Type::text, Type::bytes}}, key},
       .result = {.type = Type::bytes},
       .inverse = Inverse::exact,
       .examples = {{"length(encrypt('Ada', $field_key))", "31"},
                    {"decrypt(encrypt('Ada', $field_key), $field_key)", "'Ada'"},
                    {"encrypt(null, $field_key)", "null"}},
       .pure = false,
       .bind = bind_encrypt},
      {.name = "decrypt",
       .family = "hash",
       .doc = "The text that encrypt encrypted; the key must be a secret param.",
       .parameters = {{.name = "value", .types = Type::bytes}, key},
       .inverse = Inverse::exact,
       .fails = "wrong key, damaged, or not text",
       .examples = {{"decrypt(bytes('000102030405060708090a0be691a5cda5351443b3d5d568065df73cea8ec8', 'hex'), $field_key)", "'Ada'"},
                    {"decrypt(bytes('00', 'hex'), $field_key)", "fails: too short for an encrypted value"},
                    {"decrypt(encrypt('Ada', $field_key), $other_key)", "fails: wrong key"}},
       .bind = [](const Use&) {
         return lift<Bytes, Text>(
             [](Arena& arena, const Bytes& value, Text secret) { return decrypt(arena, value, derive(secret)); });
       }},
      {.name = "mask",
       .family = "hash",
       .doc = "All but the last n characters (default 0) become *.",
       .parameters = {{.name = "text", .types = Type::text},
                      {.name = "shown", .types = Type::integer, .optional = true}},
       .examples = {{"mask('DE89 3704', 4)", "'*****3704'"}, {"mask('Zoë')", "'***'"}, {"mask('Ada', 5)", "'Ada'"},
                    {"mask(null)", "null"}},
       .bind = bind_mask},
  };
}

}  // namespace etl::converters
