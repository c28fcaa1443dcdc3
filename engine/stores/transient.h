// Failures that may go away by themselves: the connection was lost, the server restarts, two transactions met.
#pragma once

#include "engine/base/error.h"

namespace etl::stores {

class TransientError : public Error {
 public:
  using Error::Error;
};

}  // namespace etl::stores
