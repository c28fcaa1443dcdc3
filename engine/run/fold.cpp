#include "engine/run/fold.h"

namespace etl::run {

ColumnPtr lower_case(const ColumnPtr& texts, Arena& arena, const converters::RunContext& run) {
  converters::Use use;
  use.types = {Type::text};
  use.constants = {std::nullopt};
  use.run = &run;
  Failures failures;
  converters::KernelContext context{.arena = arena, .rows = texts->size(), .failures = failures, .run = run};
  return converters::function_named("lower")->bind(use)(std::span{&texts, 1}, context);
}

}  // namespace etl::run
