#include "engine/run/present.h"

#include "engine/converters/zone.h"

namespace etl::run {

rules::Present present_at(Instant now, const converters::RunContext& run) {
  auto zone = converters::Zone::named(run.timezone);
  return {now, zone ? zone->local(now) : Timestamp{now.micros}};
}

}  // namespace etl::run
