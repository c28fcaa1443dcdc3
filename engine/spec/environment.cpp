#include "engine/spec/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/spec/text_map.h"
#include "engine/spec/values.h"

namespace etl::spec {

namespace {

constexpr std::string_view kFile = "file:";

// The } that closes the ${ at `begin`, over ${...} inside; npos when there is none.
std::size_t closing_brace(std::string_view text, std::size_t begin) {
  int open = 1;
  for (std::size_t at = begin + 2; at < text.size(); ++at) {
    if (text[at] == '{' && text[at - 1] == '$') ++open;
    if (text[at] == '}' && --open == 0) return at;
  }
  return std::string_view::npos;
}

bool asks_for_cursor(std::string_view written) { return written == "cursor" || written.starts_with("cursor:-"); }

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

// One scalar at work.
struct Environment::Replacement {
  std::string_view text;
  TextMap place;
  bool keeps_cursor = false;
  std::string out = {};
};

void Environment::declare(const std::string& param, std::optional<std::string> value) {
  params_[param] = std::move(value);
}

bool Environment::replace(Node& scalar, bool keeps_cursor) {
  if (scalar.text.find("${") == std::string::npos) return true;
  const std::string text = scalar.text;
  Replacement work{text, TextMap::of(scalar), keeps_cursor};
  bool complete = true;
  std::size_t done = 0;
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", done)) {
    const bool escaped = at > done && text[at - 1] == '$';
    work.out += text.substr(done, at - done - (escaped && !keeps_cursor ? 1 : 0));
    done = at + 2;
    if (escaped) {
      work.out += "${";
      continue;
    }
    const std::size_t end = std::min(closing_brace(text, at), text.size());
    complete = replace_one(work, at, end) && complete;
    done = std::min(end + 1, text.size());
  }
  work.out += text.substr(done);
  scalar.original = text;
  scalar.text = work.out;
  return complete;
}

bool Environment::replace_one(Replacement& work, std::size_t begin, std::size_t end) {
  const auto whole = work.text.substr(begin, end + 1 - begin);
  const auto written = work.text.substr(begin + 2, end - begin - 2);
  if (work.keeps_cursor && asks_for_cursor(written)) {
    work.out += whole;
    return true;
  }
  const auto value = value_of(work, written, begin, end);
  work.out += value ? *value : std::string{whole};
  return value.has_value();
}

std::optional<std::string> Environment::value_of(Replacement& work, std::string_view written, std::size_t begin,
                                                 std::size_t end) {
  const Span at = work.place.span(begin, std::min(end + 1, work.text.size()));
  if (end >= work.text.size()) {
    diagnostics_.add(113, at, "${ is never closed", "write ${NAME}, or $${ for the characters ${");
    return std::nullopt;
  }
  if (written.starts_with(kFile)) return content_of(std::string{written.substr(kFile.size())}, at);
  const std::size_t dash = written.find(":-");
  const std::string name{written.substr(0, dash)};
  if (!is_identifier(name)) {
    diagnostics_.add(113, at,
                     fmt::format("{} is not the name of a param or environment variable", name.empty() ? "${}" : name),
                     "write ${NAME}, ${NAME:-text}, ${file:path}, or $${ for the characters ${");
    return std::nullopt;
  }
  auto value = named(name);
  if (dash == std::string_view::npos) {
    if (!value) miss(name, at);
    return value;
  }
  if (value && !value->empty()) return value;
  return fallback_of(written.substr(dash + 2), at);
}

// The text behind :- may itself hold ${...}.
std::optional<std::string> Environment::fallback_of(std::string_view written, const Span& at) {
  constexpr int kDeepest = 8;
  if (nesting_ == kDeepest) {
    diagnostics_.add(113, at, "${...} is nested too deeply");
    return std::nullopt;
  }
  Node fallback;
  fallback.kind = Node::Kind::scalar;
  fallback.text = written;
  fallback.at = at;
  ++nesting_;
  const bool complete = replace(fallback);
  --nesting_;
  return complete ? std::optional{fallback.text} : std::nullopt;
}

std::optional<std::string> Environment::named(const std::string& name) const {
  if (const auto param = params_.find(name); param != params_.end()) return param->second;
  if (!resolve_) return std::nullopt;
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::optional<std::string> Environment::content_of(const std::string& path, const Span& at) {
  if (!resolve_) return std::nullopt;
  const auto folder = std::filesystem::path{at.source->name()}.parent_path();
  std::ifstream file{folder / path, std::ios::binary};
  if (file) {
    std::string content{std::istreambuf_iterator<char>{file}, {}};
    if (!file.bad()) return without_line_end(std::move(content));
  }
  diagnostics_.add(401, at, fmt::format("the file {} cannot be read", path),
                   "create it, or give it to the user that runs etl");
  return std::nullopt;
}

void Environment::miss(const std::string& name, const Span& at) {
  if (!resolve_) return;
  if (!first_missing_) first_missing_ = at;
  if (std::find(missing_.begin(), missing_.end(), name) == missing_.end()) missing_.push_back(name);
}

void Environment::report_missing() {
  if (missing_.empty()) return;
  const bool all_params =
      std::all_of(missing_.begin(), missing_.end(), [this](const std::string& name) { return params_.contains(name); });
  diagnostics_.add(
      401, first_missing_, fmt::format("{} {} not set", fmt::join(missing_, ", "), missing_.size() == 1 ? "is" : "are"),
      all_params ? fmt::format("give it: --param {}=...", missing_[0])
                 : fmt::format("set it: export {}=..., or write a default: ${{{}:-text}}", missing_[0], missing_[0]));
  missing_.clear();
}

}  // namespace etl::spec
