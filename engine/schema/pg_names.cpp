#include "engine/schema/pg_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace etl::schema::pg {
namespace {

constexpr std::size_t kMaxNameBytes = 63;

// At most `size` bytes, without cutting a character in two.
std::string clip(std::string_view text, std::size_t size) {
  if (text.size() <= size) return std::string{text};
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string{text.substr(0, size)};
}

std::string object_name(std::string_view table, std::string_view columns, std::string_view label) {
  const std::size_t overhead = label.size() + 1 + (columns.empty() ? 0 : 1);
  std::size_t table_size = table.size();
  std::size_t columns_size = columns.size();
  while (table_size + columns_size + overhead > kMaxNameBytes) {
    if (table_size > columns_size) {
      --table_size;
    } else {
      --columns_size;
    }
  }
  std::string name = clip(table, table_size);
  if (!columns.empty()) name += "_" + clip(columns, columns_size);
  return fmt::format("{}_{}", name, label);
}

}  // namespace

std::string constraint_name(std::string_view table, const std::vector<std::string>& columns, std::string_view label,
                            std::set<std::string>& taken) {
  const std::string joined = clip(fmt::format("{}", fmt::join(columns, "_")), kMaxNameBytes);
  std::string name = object_name(table, joined, label);
  for (int number = 1; !taken.insert(name).second; ++number) {
    name = object_name(table, joined, fmt::format("{}{}", label, number));
  }
  return name;
}

}  // namespace etl::schema::pg
