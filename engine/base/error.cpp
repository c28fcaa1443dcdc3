#include "engine/base/error.h"

namespace etl {

std::string_view name(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::connection:
      return "connection";
    case Error::Kind::schema:
      return "schema";
    case Error::Kind::type:
      return "type";
    case Error::Kind::validation:
      return "validation";
    case Error::Kind::insertion:
      return "insertion";
    case Error::Kind::environment:
      return "environment";
  }
  return "environment";
}

}  // namespace etl
