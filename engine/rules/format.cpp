#include "engine/rules/format.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/data/value.h"

namespace etl::rules {

namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c) - unsigned{'0'} <= 9; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(static_cast<char>(c | 0x20)); }
bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
bool is_hex(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

bool all_of(std::string_view text, bool (*holds)(char)) { return std::ranges::all_of(text, holds); }

// The part up to a separator; `rest` goes on behind it and `last` says that there was none.
std::string_view take_until(std::string_view& rest, char separator, bool& last) {
  const std::size_t end = rest.find(separator);
  last = end == std::string_view::npos;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(last ? rest.size() : end + 1);
  return part;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  if (!std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; })) return false;
  // Hyphens in the third and fourth place are kept for internationalised names.
  if (label.size() < 4 || label[2] != '-' || label[3] != '-') return true;
  return label.size() > 4 && (label[0] | 0x20) == 'x' && (label[1] | 0x20) == 'n';
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  bool last = false;
  while (!last) {
    const std::string_view part = take_until(text, '.', last);
    const bool leading_zero = part.size() > 1 && part[0] == '0';
    if (part.empty() || part.size() > 3 || leading_zero || !all_of(part, is_digit)) return false;
    int value = 0;
    for (const char c : part) value = value * 10 + (c - '0');
    if (value > 255 || ++parts > 4) return false;
  }
  return parts == 4;
}

// The 16-bit groups of one side of "::", or of an address without it; -1 when it is wrong.
int count_groups(std::string_view side, bool may_end_in_ipv4) {
  if (side.empty()) return 0;
  int groups = 0;
  bool last = false;
  while (!last) {
    const std::string_view group = take_until(side, ':', last);
    if (last && may_end_in_ipv4 && group.find('.') != std::string_view::npos) return is_ipv4(group) ? groups + 2 : -1;
    if (group.empty() || group.size() > 4 || !all_of(group, is_hex)) return -1;
    ++groups;
  }
  return groups;
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == 8;
  const std::string_view behind = text.substr(gap + 2);
  if (behind.find("::") != std::string_view::npos) return false;
  const int before = count_groups(text.substr(0, gap), false);
  const int after = count_groups(behind, true);
  return before >= 0 && after >= 0 && before + after < 8;
}

// A character of RFC 5322's atext.
bool is_atom_character(char c) {
  return is_alphanumeric(c) || std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}

// What stands unescaped behind the host of a URL (RFC 3986, pchar / "/" / "?" and one #).
bool is_url_character(char c) {
  return is_alphanumeric(c) || std::string_view{"-._~!$&'()*+,;=:@/?"}.find(c) != std::string_view::npos;
}

bool are_url_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_url_character(text[i])) {
      return false;
    }
  }
  return true;
}

bool is_port(std::string_view port) {
  if (port.size() > 5 || !all_of(port, is_digit)) return false;
  int value = 0;
  for (const char c : port) value = value * 10 + (c - '0');
  return value <= 65'535;
}

// [user@]host[:port]
bool is_authority(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    if (user.find_first_of("@/?") != std::string_view::npos || !are_url_characters(user)) return false;
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos || !is_ipv6(authority.substr(1, end - 1))) return false;
    const std::string_view rest = authority.substr(end + 1);
    return rest.empty() || (rest[0] == ':' && is_port(rest.substr(1)));
  }
  const std::size_t colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return false;
  return is_hostname(host) || is_ipv4(host);
}

// The subtags of a language tag, one after the other.
class Subtags {
 public:
  explicit Subtags(std::string_view tag) : rest_{tag} {
    bool last = false;
    while (!last) tags_.push_back(take_until(rest_, '-', last));
  }

  bool well_formed() const {
    return std::ranges::all_of(
        tags_, [](std::string_view tag) { return !tag.empty() && tag.size() <= 8 && all_of(tag, is_alphanumeric); });
  }
  bool done() const { return next_ == tags_.size(); }
  // Takes the next subtag when it is letters (or letters and digits) of a length.
  bool letters(std::size_t least, std::size_t most) { return take(least, most, is_letter); }
  bool any(std::size_t least, std::size_t most) { return take(least, most, is_alphanumeric); }
  bool digits(std::size_t size) { return take(size, size, is_digit); }
  bool variant() {
    if (done()) return false;
    const std::string_view tag = tags_[next_];
    return (tag.size() == 4 && is_digit(tag[0])) || tag.size() >= 5 ? any(4, 8) : false;
  }
  bool singleton(bool private_use) {
    if (done() || tags_[next_].size() != 1) return false;
    if (((tags_[next_][0] | 0x20) == 'x') != private_use) return false;
    ++next_;
    return true;
  }

 private:
  bool take(std::size_t least, std::size_t most, bool (*holds)(char)) {
    if (done()) return false;
    const std::string_view tag = tags_[next_];
    if (tag.size() < least || tag.size() > most || !all_of(tag, holds)) return false;
    ++next_;
    return true;
  }

  std::string_view rest_;
  std::vector<std::string_view> tags_;
  std::size_t next_ = 0;
};

// x-whatever, to the end.
bool is_private_use(Subtags& tags) {
  if (!tags.singleton(true) || !tags.any(1, 8)) return false;
  while (tags.any(1, 8)) {
  }
  return tags.done();
}

template <std::size_t count>
bool listed(const std::array<std::string_view, count>& sorted, std::string_view text) {
  return std::ranges::binary_search(sorted, text);
}

// ISO 3166-1 alpha-2, the 249 officially assigned codes.
constexpr std::array<std::string_view, 249> kCountries = {
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY",
    "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX",
    "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK",
    "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
    "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR",
    "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA",
    "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE",
    "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
    "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG",
    "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF",
    "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY",
    "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW"};
static_assert(std::ranges::is_sorted(kCountries) && kCountries.back() == "ZW");

// ISO 4217: the active codes, funds and metals included, and those withdrawn since 2020, which stored data still holds.
constexpr std::array<std::string_view, 183> kCurrencies = {
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
    "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CLF",
    "CLP", "CNY", "COP", "COU", "CRC", "CUC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB",
    "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF",
    "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD",
    "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU",
    "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN",
    "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
    "SHP", "SLE", "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY",
    "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST",
    "XAF", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XCD", "XCG", "XDR", "XOF", "XPD", "XPF", "XPT", "XSU", "XTS",
    "XUA", "XXX", "YER", "ZAR", "ZMW", "ZWG", "ZWL"};
static_assert(std::ranges::is_sorted(kCurrencies) && kCurrencies.back() == "ZWL");

}  // namespace

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  std::string_view local = text.substr(0, at);
  bool last = false;
  while (!last) {
    const std::string_view atom = take_until(local, '.', last);
    if (atom.empty() || !all_of(atom, is_atom_character)) return false;
  }
  const std::string_view domain = text.substr(at + 1);
  const std::size_t dot = domain.rfind('.');
  // A top-level domain is never a number.
  return dot != std::string_view::npos && is_hostname(domain) && !all_of(domain.substr(dot + 1), is_digit);
}

bool is_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return false;
  const auto in_scheme = [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; };
  if (!std::ranges::all_of(text.substr(0, colon), in_scheme)) return false;
  const std::string_view rest = text.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  if (!is_authority(rest.substr(0, end))) return false;
  const std::string_view path = rest.substr(end);
  const std::size_t hash = path.find('#');
  return are_url_characters(path.substr(0, hash)) &&
         (hash == std::string_view::npos || are_url_characters(path.substr(hash + 1)));
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < 36; ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_zip_us(std::string_view text) {
  if (text.size() != 5 && (text.size() != 10 || text[5] != '-')) return false;
  return all_of(text.substr(0, 5), is_digit) && (text.size() == 5 || all_of(text.substr(6), is_digit));
}

bool is_phone(std::string_view text) {
  return text.size() >= 8 && text.size() <= 16 && text[0] == '+' && text[1] != '0' && all_of(text.substr(1), is_digit);
}

bool is_ip(std::string_view text) { return is_ipv4(text) || is_ipv6(text); }

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  bool last = false;
  while (!last) {
    if (!is_label(take_until(text, '.', last))) return false;
  }
  return true;
}

bool is_country(std::string_view text) { return listed(kCountries, text); }
bool is_currency(std::string_view text) { return listed(kCurrencies, text); }

bool is_language(std::string_view text) {
  Subtags tags{text};
  if (!tags.well_formed()) return false;
  if (is_private_use(tags)) return true;
  if (tags.letters(2, 3)) {
    // Up to three extended languages.
    for (int i = 0; i < 3 && tags.letters(3, 3); ++i) {
    }
  } else if (!tags.letters(4, 8)) {
    return false;
  }
  tags.letters(4, 4);                       // Script.
  if (!tags.letters(2, 2)) tags.digits(3);  // Region.
  while (tags.variant()) {
  }
  while (tags.singleton(false)) {
    if (!tags.any(2, 8)) return false;
    while (tags.any(2, 8)) {
    }
  }
  return tags.done() || is_private_use(tags);
}

bool is_json(std::string_view text) {
  std::string canonical;
  return canonical_json(text, canonical).value.has_value();
}

bool is_slug(std::string_view text) {
  bool last = false;
  while (!last) {
    const std::string_view word = take_until(text, '-', last);
    if (word.empty() || !std::ranges::all_of(word, [](char c) { return is_lower(c) || is_digit(c); })) return false;
  }
  return true;
}

const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      {"email", "an email", is_email},
      {"url", "a URL", is_url},
      {"uuid", "a UUID", is_uuid},
      {"zip_us", "a US zip code", is_zip_us},
      {"phone", "a phone number (E.164)", is_phone},
      {"ip", "an IP address", is_ip},
      {"hostname", "a hostname", is_hostname},
      {"country", "a country code (ISO 3166)", is_country},
      {"currency", "a currency code (ISO 4217)", is_currency},
      {"language", "a language tag (BCP 47)", is_language},
      {"json", "JSON", is_json},
      {"slug", "a slug", is_slug},
  };
  return all;
}

const Format* format_named(std::string_view name) {
  const auto found = std::ranges::find(formats(), name, &Format::name);
  return found == formats().end() ? nullptr : &*found;
}

}  // namespace etl::rules
