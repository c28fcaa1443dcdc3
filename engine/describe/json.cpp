#include "engine/describe/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace etl::describe {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

Json Json::text(std::string_view text) { return Json{quoted(text), Kind::scalar}; }

Json Json::texts(const std::vector<std::string>& texts) {
  Json list = array();
  for (const std::string& item : texts) list.add(text(item));
  return list;
}

Json& Json::add(std::string_view name, Json value) {
  members_.emplace_back(std::string{name}, std::move(value));
  return *this;
}

Json& Json::add(Json value) {
  members_.emplace_back(std::string{}, std::move(value));
  return *this;
}

bool Json::has(std::string_view name) const {
  return std::ranges::any_of(members_, [name](const auto& member) { return member.first == name; });
}

std::string Json::one_line() const {
  std::string out = "[";
  for (const auto& [name, value] : members_) {
    if (out.size() > 1) out += ", ";
    out += value.scalar_;
  }
  return out + "]";
}

std::string Json::print(std::size_t indent) const {
  constexpr std::size_t kWidth = 110;
  if (kind_ == Kind::scalar || members_.empty()) return scalar_;
  const bool flat = kind_ == Kind::array && std::ranges::all_of(members_, [](const auto& member) {
                      return member.second.kind_ == Kind::scalar;
                    });
  if (flat && one_line().size() + indent < kWidth) return one_line();
  std::string out{scalar_[0]};
  for (const auto& [name, value] : members_) {
    out += out.size() > 1 ? ",\n" : "\n";
    out.append(indent + 2, ' ');
    if (kind_ == Kind::object) out += quoted(name) + ": ";
    out += value.print(indent + 2);
  }
  out += "\n";
  out.append(indent, ' ');
  return out + scalar_[1];
}

}  // namespace etl::describe
