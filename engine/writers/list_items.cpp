#include "engine/writers/list_items.h"

#include <fmt/format.h>

#include <cstdint>

namespace etl::writers {

namespace {

constexpr std::size_t kMostDimensions = 6;

// Walks over canonical JSON, which is known to be well formed.
class Walker {
 public:
  Walker(std::string_view json, bool nested, ListItems& out) : json_{json}, nested_{nested}, out_{out} {}

  void take_list(std::size_t depth) {
    ++at_;
    int count = 0;
    while (at_ < json_.size() && json_[at_] != ']' && out_.problem.empty()) {
      take_item(depth);
      ++count;
      if (at_ < json_.size() && json_[at_] == ',') ++at_;
    }
    ++at_;
    if (out_.problem.empty()) note_length(depth, count);
  }

 private:
  void take_item(std::size_t depth) {
    const bool is_list = nested_ && json_[at_] == '[';
    if (leaf_depth_ == 0 && !is_list) leaf_depth_ = depth;
    if (is_list ? leaf_depth_ != 0 && depth >= leaf_depth_ : depth != leaf_depth_) {
      out_.problem = "lists and single items are mixed";
    } else if (is_list && depth + 1 > kMostDimensions) {
      out_.problem = "the list is nested more than 6 times";
    } else if (is_list) {
      take_list(depth + 1);
    } else {
      const std::size_t begin = at_;
      skip_value();
      const std::string_view raw = json_.substr(begin, at_ - begin);
      out_.items.push_back({raw == "null", raw.front() == '"', raw});
    }
  }

  void note_length(std::size_t depth, int count) {
    if (out_.dimensions.size() < depth) out_.dimensions.resize(depth, -1);
    int& length = out_.dimensions[depth - 1];
    if (length >= 0 && length != count) out_.problem = "the inner lists differ in length";
    length = count;
  }

  void skip_value() {
    int depth = 0;
    do {
      const char c = json_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
      ++at_;
    } while (at_ < json_.size() && (depth > 0 || (json_[at_] != ',' && json_[at_] != ']')));
  }

  void skip_string() {
    for (++at_; json_[at_] != '"'; ++at_) {
      if (json_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  std::string_view json_;
  bool nested_;
  ListItems& out_;
  std::size_t at_ = 0;
  std::size_t leaf_depth_ = 0;
};

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits.substr(0, 4)) {
    value = value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    out += static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

// Gives the number of characters behind the backslash that were used.
std::size_t append_escape(std::string_view rest, std::string& out) {
  switch (rest.front()) {
    case 'b':
      out += '\b';
      return 1;
    case 'f':
      out += '\f';
      return 1;
    case 'n':
      out += '\n';
      return 1;
    case 'r':
      out += '\r';
      return 1;
    case 't':
      out += '\t';
      return 1;
    case 'u':
      break;
    default:
      out += rest.front();
      return 1;
  }
  const std::uint32_t high = hex4(rest.substr(1));
  if (high < 0xD800 || high > 0xDBFF) {
    append_utf8(high, out);
    return 5;
  }
  append_utf8(0x10000 + ((high - 0xD800) << 10U) + (hex4(rest.substr(7)) - 0xDC00), out);
  return 11;
}

void append_quoted_item(const ListItem& item, std::string& out) {
  if (item.is_null) {
    out += "NULL";
    return;
  }
  out += '"';
  for (const char c : item.text()) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string ListItem::text() const {
  if (!is_string) return std::string{raw};
  std::string out;
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\\') {
      i += append_escape(inner.substr(i + 1), out);
    } else {
      out += inner[i];
    }
  }
  return out;
}

ListItems items_of(List list, bool nested) {
  ListItems out;
  Walker{list.view, nested, out}.take_list(1);
  if (out.items.empty() && out.dimensions.size() > 1 && out.problem.empty()) out.problem = "an inner list is empty";
  if (out.items.empty()) out.dimensions.clear();
  return out;
}

std::string array_literal(const ListItems& list) {
  std::string out;
  std::vector<std::size_t> blocks;  // Items per sub-array, outermost first.
  std::size_t block = list.items.size();
  for (const int length : list.dimensions) {
    blocks.push_back(block);
    block /= static_cast<std::size_t>(length);
  }
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    for (const std::size_t size : blocks) {
      if (i % size == 0) out += i == 0 || out.back() == '{' ? "{" : ",{";
    }
    if (out.back() != '{') out += ',';
    append_quoted_item(list.items[i], out);
    for (const std::size_t size : blocks) {
      if ((i + 1) % size == 0) out += '}';
    }
  }
  return list.items.empty() ? "{}" : out;
}

}  // namespace etl::writers
