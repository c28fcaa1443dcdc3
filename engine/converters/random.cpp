#include "engine/converters/random.h"

#include <openssl/rand.h>

#include "engine/base/error.h"

namespace etl::converters {

void fill_random(std::span<std::byte> bytes) {
  if (bytes.empty()) return;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1) {
    throw Error{Error::Kind::environment, "the system gives no random numbers"};
  }
}

}  // namespace etl::converters
