// Numbers that nobody can guess: salts, nonces, keys.
#pragma once

#include <cstddef>
#include <span>

namespace etl::converters {

// Fills the bytes from the system's source. Throws Error (environment) where it gives none.
void fill_random(std::span<std::byte> bytes);

}  // namespace etl::converters
