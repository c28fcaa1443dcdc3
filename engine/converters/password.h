// Hashes of passwords that are recognised, so that a second run cannot hash a hash.
#pragma once

#include <string_view>

namespace etl::converters {

// "$2b$12$" and 53 characters of bcrypt's base64; also $2a and $2y, which other libraries write.
bool is_bcrypt_hash(std::string_view text);

// What Django's hashers store (django.contrib.auth.hashers): algorithm$...; also the marks of unusable passwords, "!"
// alone or before 40 letters and digits.
bool is_django_hash(std::string_view text);

}  // namespace etl::converters
