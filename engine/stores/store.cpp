#include "engine/stores/store.h"

#include <array>

namespace etl::stores {

std::optional<Kind> kind_of_url(std::string_view url) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 8> kSchemes = {{
      {"sqlite:", Kind::sqlite},
      {"postgresql:", Kind::postgresql},
      {"postgres:", Kind::postgresql},
      {"mysql:", Kind::mysql},
      {"mariadb:", Kind::mysql},
      {"file:", Kind::file},
      {"http:", Kind::http},
      {"https:", Kind::http},
  }};
  for (const auto& [scheme, kind] : kSchemes) {
    if (url.starts_with(scheme)) return kind;
  }
  return std::nullopt;
}

}  // namespace etl::stores
