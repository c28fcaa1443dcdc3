#include "engine/readers/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/base/error.h"

namespace etl::readers {

namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_word(char c) {
  return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

std::string header_of(const ReadRequest& request, const std::string& column) {
  const auto& declared = request.format.declared;
  const auto found = std::ranges::find(declared, column, &DeclaredColumn::name);
  return found == declared.end() || found->from.empty() ? column : found->from;
}

}  // namespace

std::string snake_case(std::string_view header) {
  std::string name;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const char c = header[i];
    if (!is_word(c)) {
      if (!name.empty() && name.back() != '_') name += '_';
      continue;
    }
    // "FirstName", but "ID" and "IDs" are one word.
    const bool starts_word = is_upper(c) && i > 0 && is_lower(header[i - 1]);
    if (starts_word && name.back() != '_') name += '_';
    name += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  while (name.ends_with('_')) name.pop_back();
  return name;
}

std::string_view trim_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return text.substr(text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Header::Header(std::vector<std::string> headers) : headers_{std::move(headers)} {
  std::set<std::string> taken;
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    headers_[i] = std::string{trim_blanks(headers_[i])};
    std::string base = snake_case(headers_[i]);
    if (base.empty()) base = fmt::format("column_{}", i + 1);
    std::string name = base;
    for (int count = 2; !taken.insert(name).second; ++count) name = fmt::format("{}_{}", base, count);
    names_.push_back(std::move(name));
  }
}

Header Header::of_names(std::vector<std::string> names) {
  Header header;
  header.headers_ = names;
  header.names_ = std::move(names);
  return header;
}

std::vector<std::size_t> Header::places(const ReadRequest& request, const std::string& place) const {
  std::vector<std::size_t> places;
  for (const ReadColumn& column : request.columns) {
    const std::string wanted = header_of(request, column.name);
    const auto position = [&](const std::vector<std::string>& in, const std::string& what) {
      return static_cast<std::size_t>(std::ranges::find(in, what) - in.begin());
    };
    std::size_t found = position(headers_, wanted);
    if (found == size()) found = position(names_, wanted);
    if (found == size()) {
      throw Error{Error::Kind::schema, fmt::format("{}: there is no column {}", place, wanted),
                  fmt::format("its columns are {}", fmt::join(headers_, ", "))};
    }
    places.push_back(found);
  }
  return places;
}

}  // namespace etl::readers
