#include "engine/readers/format.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace etl::readers {

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 7> kFormats = {{
    {"csv", Format::csv},
    {"json", Format::json},
    {"ndjson", Format::ndjson},
    {"django", Format::django},
    {"markdown_table", Format::markdown_table},
    {"markdown_sections", Format::markdown_sections},
    {"lines", Format::lines},
}};

constexpr std::array<std::pair<std::string_view, Format>, 9> kEndings = {{
    {".csv", Format::csv},
    {".tsv", Format::csv},
    {".json", Format::json},
    {".ndjson", Format::ndjson},
    {".jsonl", Format::ndjson},
    {".md", Format::markdown_table},
    {".markdown", Format::markdown_table},
    {".txt", Format::lines},
    {".log", Format::lines},
}};

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, &std::pair<std::string_view, Format>::first);
  if (found == kFormats.end()) return std::nullopt;
  return found->second;
}

std::string_view name(Format format) {
  const auto found = std::ranges::find(kFormats, format, &std::pair<std::string_view, Format>::second);
  return found == kFormats.end() ? std::string_view{} : found->first;
}

Format format_of_file(std::string_view file) {
  for (const auto& [ending, format] : kEndings) {
    if (file.ends_with(ending)) return format;
  }
  return Format::none;
}

Format format_of_table(const std::string& folder, const std::string& table) {
  for (const auto& [ending, format] : kEndings) {
    std::error_code unknown;
    if (std::filesystem::is_regular_file(std::filesystem::path{folder} / (table + std::string{ending}), unknown)) return format;
  }
  return Format::none;
}

std::vector<std::string> default_null_tokens(Format format) {
  if (format == Format::csv) return {"", "\"\""};
  if (format == Format::markdown_table || format == Format::markdown_sections) return {""};
  return {};
}

}  // namespace etl::readers
