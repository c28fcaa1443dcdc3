#include "engine/run/connections.h"

#include "engine/writers/catalog.h"

namespace etl::run {

LiveConnections::LiveConnections(const plan::Plan& plan)
    : plan_{plan}, sources_(plan.connections.size()), targets_(plan.connections.size()) {}
LiveConnections::~LiveConnections() = default;

void LiveConnections::reset() {
  for (auto& source : sources_) source.reset();
  for (auto& target : targets_) target.reset();
}

readers::Source& LiveConnections::source(std::size_t connection) {
  auto& source = sources_.at(connection);
  if (!source) source = readers::open_source(plan_.connections[connection].info);
  return *source;
}

writers::Target& LiveConnections::target(std::size_t connection) {
  auto& target = targets_.at(connection);
  if (!target)
    target = writers::open_target(plan_.connections[connection].info, {plan_.connections[connection].ddl.get()});
  return *target;
}

}  // namespace etl::run
