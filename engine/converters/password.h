// Hashes of passwords that are recognised, so that a second run cannot hash a hash.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etl::converters {

// "$2b$12$" and 53 characters of bcrypt's base64; also $2a and $2y, which other libraries write.
bool is_bcrypt_hash(std::string_view text);

// What Django's hashers store (django.contrib.auth.hashers): algorithm$...; also the marks of unusable passwords, "!"
// alone or before 40 letters and digits.
bool is_django_hash(std::string_view text);

// Whether the hash is one of the password: bcrypt, or Django's pbkdf2_sha256.
bool is_hash_of(std::string_view hash, std::string_view password);

// Passwords behind texts that look like hashes, until they are compared with the hashes that a run made. Memory is
// wiped.
class PasswordSeals {
 public:
  ~PasswordSeals() { clear(); }
  // "$2b$12$..." and "pbkdf2_sha256$600000$...".
  std::string seal_bcrypt(std::string_view password, long cost);
  std::string seal_django(std::string_view password, long iterations);
  // The password behind a seal; nothing for any other text.
  std::optional<std::string_view> open(std::string_view text) const;
  // Forgets all passwords.
  void clear();

 private:
  std::string number(std::string_view password, std::size_t width);

  std::vector<std::string> passwords_;
};

}  // namespace etl::converters
