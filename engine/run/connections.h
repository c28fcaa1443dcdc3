// The open ends of a plan's connections.
#pragma once

#include <memory>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/readers/catalog.h"
#include "engine/writers/writer.h"

namespace etl::run {

// Sources and targets by index into Plan::connections. `etl test` brings inline ones.
class Connections {
 public:
  virtual ~Connections() = default;
  virtual readers::Source& source(std::size_t connection) = 0;
  virtual writers::Target& target(std::size_t connection) = 0;
  // Closes all: each is opened anew when next asked for. What was got before must not be used any more.
  virtual void reset() {}
};

// The real ones: each opened when first asked for and kept for the whole run, a source with one snapshot.
// Throws Error (connection) when one cannot be opened.
class LiveConnections : public Connections {
 public:
  // The plan must outlive it.
  explicit LiveConnections(const plan::Plan& plan);
  ~LiveConnections() override;
  readers::Source& source(std::size_t connection) override;
  writers::Target& target(std::size_t connection) override;
  void reset() override;

 private:
  const plan::Plan& plan_;
  std::vector<std::unique_ptr<readers::Source>> sources_;
  std::vector<std::unique_ptr<writers::Target>> targets_;
};

}  // namespace etl::run
