// A live schema that may be read again; what was read before stays valid for those who point into it.
#pragma once

#include <deque>
#include <utility>

#include "engine/schema/catalog.h"

namespace etl::writers {

class LiveCatalog {
 public:
  // Calls `read` when nothing was read since the last `forget`.
  template <class Read>
  const schema::Catalog& get(Read read) {
    if (stale_) versions_.push_back(read());
    stale_ = false;
    return versions_.back();
  }
  void forget() { stale_ = true; }

 private:
  std::deque<schema::Catalog> versions_;
  bool stale_ = true;
};

}  // namespace etl::writers
