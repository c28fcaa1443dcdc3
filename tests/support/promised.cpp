#include "tests/support/promised.h"

namespace etl::testing {

const std::vector<Promised>& promised_findings() {
  static const std::vector<Promised> table = {
      {"semantic.yaml", {"3:1 E111",   "13:27 W501", "21:16 E113", "22:11 E113", "27:11 E332", "31:21 E301",
                         "31:52 E113", "32:28 E325", "34:3 E336",  "35:11 E331", "41:25 E302", "44:16 E303",
                         "46:19 E301", "47:38 E204", "55:16 E304", "56:25 E324", "57:44 E201", "58:20 E333",
                         "59:25 E320", "60:27 W503", "62:27 E205", "63:15 E320", "66:11 W506", "70:22 E310"}},
      {"export.yaml",
       {"4:14 W508", "13:16 E306", "20:28 E203", "21:52 E309", "22:54 E201", "29:48 E308", "30:21 E306", "31:21 E202"}},
      {"flow.yaml", {"6:32 E105"}},
      {"env.yaml", {"3:18 E101"}},
      {"quote.yaml", {"6:22 E101"}},
      {"anchor.yaml", {"3:6 E103", "5:5 E102", "8:1 E104"}},
      {"cycle.yaml", {"10:3 E340"}},
  };
  return table;
}

}  // namespace etl::testing
