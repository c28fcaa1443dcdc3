#include "engine/base/secret.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <vector>

namespace etl {

namespace {

constexpr std::string_view kHidden = "***";
constexpr std::size_t kShortestSecret = 4;

// Every secret of this process, longest first, so that one that holds another is replaced as a whole.
struct Registry {
  std::mutex mutex;
  std::vector<std::string> values;
};

Registry& registry() {
  static Registry the_registry;
  return the_registry;
}

// Names of URL parameters whose values are hidden.
bool is_secret_parameter(std::string_view name) {
  constexpr std::array<std::string_view, 8> kParts = {"password", "passwd", "pwd",     "secret",
                                                      "token",    "apikey", "api_key", "api-key"};
  std::string lower{name};
  for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  if (lower == "key" || lower == "sig" || lower == "signature") return true;
  return std::any_of(kParts.begin(), kParts.end(),
                     [&lower](std::string_view part) { return lower.find(part) != std::string::npos; });
}

std::string redact_parameters(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of("&;#"), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    const bool hide = equals != std::string_view::npos && is_secret_parameter(pair.substr(0, equals));
    out += hide ? std::string{pair.substr(0, equals + 1)}.append(kHidden) : std::string{pair};
    if (end < query.size()) out += query[end];
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return out;
}

// The authority of a URL, "user:password@host": the password hidden.
std::string redact_authority(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (at == std::string_view::npos || colon >= at) return std::string{authority};
  return std::string{authority.substr(0, colon + 1)}.append(kHidden).append(authority.substr(at));
}

void replace_all(std::string& text, const std::string& secret) {
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kHidden.size())) {
    text.replace(at, secret.size(), kHidden);
  }
}

}  // namespace

std::string redact_url(std::string_view url) {
  std::string out;
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    const std::size_t start = scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", start), url.size());
    // A password may itself hold "/" or "?" when it was not encoded; then the "@" lies behind them.
    const std::size_t last_at = url.find('@', end);
    const bool whole = last_at != std::string_view::npos &&
                       url.substr(start, end - start).find(':') != std::string_view::npos &&
                       url.substr(start, end - start).find('@') == std::string_view::npos;
    const std::size_t stop = whole ? std::min(url.find_first_of("/?#", last_at), url.size()) : end;
    out = std::string{url.substr(0, start)} + redact_authority(url.substr(start, stop - start));
    url.remove_prefix(stop);
  }
  const std::size_t query = url.find('?');
  if (query == std::string_view::npos) return out.append(url);
  return out.append(url.substr(0, query + 1)).append(redact_parameters(url.substr(query + 1)));
}

std::string redact(std::string text) {
  Registry& known = registry();
  const std::lock_guard lock{known.mutex};
  for (const std::string& secret : known.values) replace_all(text, secret);
  return text;
}

void register_secret(const std::string& value) {
  if (value.size() < kShortestSecret) return;
  Registry& known = registry();
  const std::lock_guard lock{known.mutex};
  const auto longer = [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  };
  const auto place = std::lower_bound(known.values.begin(), known.values.end(), value, longer);
  if (place == known.values.end() || *place != value) known.values.insert(place, value);
}

}  // namespace etl
