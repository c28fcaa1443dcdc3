#include "engine/base/sha3.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "engine/base/error.h"

namespace etl {

// The algorithm is fetched once: looking it up costs more than a short sum (OpenSSL's crypto(7), "Performance").
struct Sha3::Algorithm {
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> kind{nullptr, EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> state{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Sha3::Sha3(int bits) : algorithm_{std::make_unique<Algorithm>()}, size_{static_cast<std::size_t>(bits) / 8} {
  algorithm_->kind.reset(EVP_MD_fetch(nullptr, fmt::format("SHA3-{}", bits).c_str(), nullptr));
  if (algorithm_->kind && algorithm_->state && EVP_DigestInit_ex2(algorithm_->state.get(), algorithm_->kind.get(), nullptr) == 1) {
    return;
  }
  throw Error{Error::Kind::environment, fmt::format("SHA3-{} is not to be had from OpenSSL", bits),
              "check the installation of OpenSSL"};
}

Sha3::~Sha3() = default;

// Without an algorithm the state starts anew with the one that it has.
void Sha3::start() { EVP_DigestInit_ex2(algorithm_->state.get(), nullptr, nullptr); }
void Sha3::add(std::string_view bytes) { EVP_DigestUpdate(algorithm_->state.get(), bytes.data(), bytes.size()); }

std::string_view Sha3::finish() {
  EVP_DigestFinal_ex(algorithm_->state.get(), reinterpret_cast<unsigned char*>(sum_.data()), nullptr);
  return {sum_.data(), size_};
}

}  // namespace etl
