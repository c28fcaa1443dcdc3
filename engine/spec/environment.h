// ${NAME}: text from params, the environment and files, put into scalars after parsing (language.md, section 3).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/spec/mapping.h"
#include "engine/spec/node.h"

namespace etl::spec {

class Environment {
 public:
  // With `resolve` false nothing outside the mapping is read and nothing is missing.
  Environment(bool resolve, Diagnostics& diagnostics) : resolve_{resolve}, diagnostics_{diagnostics} {}

  // A declared param stands before an environment variable of its name; without a value it has none.
  void declare(const std::string& param, std::optional<std::string> value);

  // Replaces every ${...} of the scalar: ${NAME}, ${NAME:-text}, ${file:path}
  // (relative to the file it is written in); $${ stands for ${. In params of a
  // request `keeps_cursor` leaves ${cursor}, ${cursor:-text} and $${ for the reader that sends it. False when
  // something could not be replaced; it then stays as it was written.
  bool replace(Node& scalar, bool keeps_cursor = false);

  // Reports all that was missing, once (E401).
  void report_missing();

 private:
  struct Replacement;
  bool replace_one(Replacement& work, std::size_t begin, std::size_t end);
  std::optional<std::string> value_of(Replacement& work, std::string_view written, std::size_t begin, std::size_t end);
  std::optional<std::string> fallback_of(std::string_view written, const Span& at);
  std::optional<std::string> named(const std::string& name) const;
  std::optional<std::string> content_of(const std::string& path, const Span& at);
  void miss(const std::string& name, const Span& at);

  bool resolve_;
  int nesting_ = 0;
  Diagnostics& diagnostics_;
  std::map<std::string, std::optional<std::string>> params_;
  std::vector<std::string> missing_;
  Span first_missing_;
};

}  // namespace etl::spec
