// Well-known shapes of text, for the rule `format`. Strict, ASCII, without surrounding blanks.
#pragma once

#include <string_view>
#include <vector>

namespace etl::rules {

// An address as mail programs write it (RFC 5321 dot-string and a domain of two labels or more, RFC 1035 lengths);
// no quoted local parts, no address literals.
bool is_email(std::string_view text);
// scheme://host..., absolute, RFC 3986 characters only.
bool is_url(std::string_view text);
// 8-4-4-4-12 hexadecimal digits (RFC 4122).
bool is_uuid(std::string_view text);
// 12345 or 12345-6789.
bool is_zip_us(std::string_view text);
// E.164: +, then 7 to 15 digits of which the first is not 0.
bool is_phone(std::string_view text);
// IPv4 with four decimal parts, or IPv6 (RFC 4291, section 2.2).
bool is_ip(std::string_view text);
// Labels of letters, digits and inner hyphens (RFC 1123, section 2.1).
bool is_hostname(std::string_view text);
// ISO 3166-1 alpha-2, upper case.
bool is_country(std::string_view text);
// ISO 4217, upper case.
bool is_currency(std::string_view text);
// The shape of a language tag (BCP 47, RFC 5646 section 2.1); its parts are not looked up.
bool is_language(std::string_view text);
bool is_json(std::string_view text);
// Lower-case letters and digits, joined by single hyphens.
bool is_slug(std::string_view text);

struct Format {
  std::string_view name;
  std::string_view noun;  // "an email", for "'x' is not an email".
  bool (*holds)(std::string_view text) = nullptr;
};
const std::vector<Format>& formats();
const Format* format_named(std::string_view name);

}  // namespace etl::rules
