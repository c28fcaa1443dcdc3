// Named places at which tests end or stop the process, to see what a run leaves behind (docs/tests.md).
#pragma once

#include <string_view>

namespace etl {

// Does nothing unless the variable ETL_FAULT names this place: "before_commit:2" kills the process (SIGKILL) when it
// passes for the second time, "before_commit:2:stop" stops it (SIGSTOP) until somebody lets it go on.
void fault_point(std::string_view place);

}  // namespace etl
