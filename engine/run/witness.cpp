#include "engine/run/witness.h"

#include "engine/base/secret.h"

namespace etl::run {

void SeenRow::add_reason(std::string_view field, std::string_view rule, const std::string& reason, bool hidden) {
  reasons.push_back({std::string{field}, std::string{rule},
                     hidden ? "the value is not shown: it is sensitive" : redact(reason)});
}

}  // namespace etl::run
