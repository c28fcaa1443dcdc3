// The password family: bcrypt (Provos, Mazières: "A Future-Adaptable Password Scheme") through libxcrypt, and PBKDF2
// (RFC 8018) as Django stores it.
#include "engine/converters/password.h"

#include <crypt.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "engine/base/error.h"
#include "engine/converters/bind.h"
#include "engine/converters/encoding.h"
#include "engine/converters/families.h"
#include "engine/converters/random.h"

namespace etl::converters {

namespace {

using Text = std::string_view;

constexpr std::size_t kBcryptLimit = 72;  // Bytes that bcrypt looks at.
constexpr std::int64_t kDefaultCost = 12;
constexpr std::int64_t kMostIterations = 100'000'000;
constexpr std::int64_t kDefaultIterations = 600'000;  // Of Django 4.2; OWASP's advice for SHA-256.
constexpr Text kLettersAndDigits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool consists_of(Text text, Text characters) {
  return !text.empty() && text.find_first_not_of(characters) == Text::npos;
}

bool is_digits(Text text) { return consists_of(text, "0123456789"); }
bool is_hex(Text text) { return consists_of(text, "0123456789abcdefABCDEF"); }
bool is_base64(Text text) {
  static const std::string kAlphabet = std::string{kLettersAndDigits} + "+/=";
  return consists_of(text, kAlphabet);
}

// The text up to the next $, which is taken off.
Text take_part(Text& text) {
  const std::size_t end = std::min(text.find('$'), text.size());
  const Text part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// Memory that held a password is wiped before it goes.
struct Wiped : crypt_data {
  Wiped() : crypt_data{} {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { explicit_bzero(static_cast<crypt_data*>(this), sizeof(crypt_data)); }
};

// What bcrypt refuses; "" for all else.
std::string bcrypt_problem(Text password) {
  if (password.size() > kBcryptLimit) {
    return fmt::format("bcrypt takes at most {} bytes, and this has {}", kBcryptLimit, password.size());
  }
  return password.find('\0') == Text::npos ? "" : "bcrypt stops at a NUL character, and this has one";
}

Outcome<Text> bcrypt(Arena& arena, Text password, std::int64_t cost) {
  using Result = Outcome<Text>;
  if (is_bcrypt_hash(password)) return password;
  if (std::string problem = bcrypt_problem(password); !problem.empty()) return Result::fail(std::move(problem));
  std::array<std::byte, 16> salt;
  fill_random(salt);
  const auto data = std::make_unique<Wiped>();
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* made = crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), reinterpret_cast<const char*>(salt.data()),
                                      static_cast<int>(salt.size()), setting.data(), static_cast<int>(setting.size()));
  const std::string terminated{password};
  const char* hash = made == nullptr ? nullptr : crypt_r(terminated.c_str(), setting.data(), data.get());
  if (hash == nullptr || !is_bcrypt_hash(hash)) {
    throw Error{Error::Kind::environment, "the system's libcrypt makes no bcrypt hashes"};
  }
  return arena.copy(hash);
}

// As Django's get_random_string: 22 letters and digits are 128 bits and a little more.
std::string django_salt() {
  std::string salt;
  std::array<std::byte, 64> random;
  while (salt.size() < 22) {
    fill_random(random);
    for (const std::byte byte : random) {
      const auto pick = static_cast<std::size_t>(byte) & 63;
      if (pick < kLettersAndDigits.size() && salt.size() < 22) salt += kLettersAndDigits[pick];
    }
  }
  return salt;
}

// The hash as Django stores it.
Text derive(Arena& arena, Text password, Text salt, std::int64_t iterations) {
  std::array<unsigned char, 32> derived{};
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                        static_cast<int>(iterations), EVP_sha256(), static_cast<int>(derived.size()),
                        derived.data()) != 1) {
    throw Error{Error::Kind::environment, "OpenSSL makes no PBKDF2 hashes"};
  }
  const Text sum = encode_base64(arena, {reinterpret_cast<const char*>(derived.data()), derived.size()});
  return arena.copy(fmt::format("pbkdf2_sha256${}${}${}", iterations, salt, sum));
}

Text pbkdf2_django(Arena& arena, Text password, std::int64_t iterations) {
  return is_django_hash(password) ? password : derive(arena, password, django_salt(), iterations);
}

Outcome<Text> seal_bcrypt(PasswordSeals& seals, Arena& arena, Text password, std::int64_t cost) {
  if (is_bcrypt_hash(password)) return password;
  if (std::string problem = bcrypt_problem(password); !problem.empty()) return Outcome<Text>::fail(std::move(problem));
  return arena.copy(seals.seal_bcrypt(password, cost));
}

Outcome<Text> seal_django(PasswordSeals& seals, Arena& arena, Text password, std::int64_t iterations) {
  if (is_django_hash(password)) return password;
  return arena.copy(seals.seal_django(password, iterations));
}

// The second argument is a constant, or left out.
template <class Hash, class Seal>
Kernel bind_with(const Use& use, std::int64_t otherwise, Hash hash, Seal seal) {
  if (has_argument(use, 1) && use.constants[1] && is_null(*use.constants[1])) return null_kernel(Type::text);
  const std::int64_t work = constant<std::int64_t>(use, 1).value_or(otherwise);
  return [hash, seal, work](std::span<const ColumnPtr> arguments, KernelContext& context) {
    PasswordSeals* const seals = context.run.seals.get();
    if (seals != nullptr) {
      return lift_now<Text>([&](Arena& arena, Text text) { return seal(*seals, arena, text, work); }, arguments, context);
    }
    return lift_now<Text>([&](Arena& arena, Text text) { return hash(arena, text, work); }, arguments, context);
  };
}

std::string check_cost(const Use& use, std::size_t& index) {
  index = 1;
  const auto cost = constant<std::int64_t>(use, 1);
  return !cost || (*cost >= 4 && *cost <= 16) ? "" : "bcrypt cost must be 4 to 16";
}

std::string check_iterations(const Use& use, std::size_t& index) {
  index = 1;
  const auto iterations = constant<std::int64_t>(use, 1);
  return !iterations || (*iterations >= 1 && *iterations <= kMostIterations) ? "" : "iterations must be 1 to 100000000";
}

}  // namespace

bool is_bcrypt_hash(Text text) {
  static const std::string kAlphabet = std::string{kLettersAndDigits} + "./";
  if (text.size() != 60 || !text.starts_with("$2") || text[3] != '$' || text[6] != '$') return false;
  if (Text{"aby"}.find(text[2]) == Text::npos || !is_digits(text.substr(4, 2))) return false;
  const Text cost = text.substr(4, 2);
  return cost >= "04" && cost <= "31" && consists_of(text.substr(7), kAlphabet);
}

bool is_django_hash(Text text) {
  if (text == "!") return true;
  if (text.starts_with('!')) return text.size() == 41 && consists_of(text.substr(1), kLettersAndDigits);
  const Text algorithm = take_part(text);
  if (algorithm == "bcrypt" || algorithm == "bcrypt_sha256") return is_bcrypt_hash(text);
  if (algorithm == "argon2") return text.starts_with("argon2") && text.size() > 40;
  const bool scrypt = algorithm == "scrypt";  // scrypt$work$salt$block$parallel$sum
  if (algorithm == "pbkdf2_sha256" || algorithm == "pbkdf2_sha1" || scrypt) {
    if (!is_digits(take_part(text)) || take_part(text).empty()) return false;
    return (!scrypt || (is_digits(take_part(text)) && is_digits(take_part(text)))) && is_base64(text);
  }
  const std::size_t digits = algorithm == "md5" ? 32 : algorithm == "sha1" ? 40 : 0;
  if (digits == 0) return false;
  take_part(text);  // The salt; none in the oldest.
  return text.size() == digits && is_hex(text);
}

bool is_hash_of(Text hash, Text password) {
  if (is_bcrypt_hash(hash)) {
    const auto data = std::make_unique<Wiped>();
    const std::string terminated{password};
    const std::string setting{hash};
    const char* made = crypt_r(terminated.c_str(), setting.c_str(), data.get());
    return made != nullptr && hash == made;
  }
  Text rest = hash;
  if (take_part(rest) != "pbkdf2_sha256") return false;
  const auto iterations = parse_integer(take_part(rest)).value;
  if (!iterations || *iterations < 1 || *iterations > kMostIterations) return false;
  Arena arena;
  return derive(arena, password, take_part(rest), *iterations) == hash;
}

// The number of the password stands where a salt would.
constexpr Text kSealMark = "etlSeal";

std::string PasswordSeals::number(Text password, std::size_t width) {
  passwords_.emplace_back(password);
  return fmt::format("{}{:0{}}", kSealMark, passwords_.size() - 1, width - kSealMark.size());
}

std::string PasswordSeals::seal_bcrypt(Text password, long cost) {
  constexpr std::size_t kSaltAndSum = 53;
  return fmt::format("$2b${:02}${}", cost, number(password, kSaltAndSum));
}

std::string PasswordSeals::seal_django(Text password, long iterations) {
  constexpr std::size_t kSalt = 22;
  return fmt::format("pbkdf2_sha256${}${}${:A<43}=", iterations, number(password, kSalt), "");
}

std::optional<Text> PasswordSeals::open(Text text) const {
  const std::size_t mark = text.find(kSealMark);
  if (mark == Text::npos) return std::nullopt;
  const Text digits = text.substr(mark + kSealMark.size());
  const auto place = parse_integer(digits.substr(0, digits.find('$'))).value;
  if (!place || *place < 0 || static_cast<std::size_t>(*place) >= passwords_.size()) return std::nullopt;
  return passwords_[static_cast<std::size_t>(*place)];
}

void PasswordSeals::clear() {
  for (std::string& password : passwords_) explicit_bzero(password.data(), password.size());
  passwords_.clear();
}

std::vector<Function> password_functions() {
  const Parameter text{.name = "text", .types = Type::text};
  return {
      {.name = "bcrypt",
       .family = "hash",
       .doc = "A bcrypt hash ($2b$) of cost 4 to 16 (default 12); a value that already is a bcrypt hash ($2a$, $2b$, $2y$) "
              "is kept.",
       .parameters = {text, {.name = "cost", .types = Type::integer, .optional = true, .constant = true}},
       .fails = "longer than 72 bytes, or with a NUL character",
       .examples = {{"left(bcrypt('secret', 4), 7)", "'$2b$04$'"},
                    {"bcrypt('$2a$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm')",
                     "'$2a$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm'"},
                    {"bcrypt(pad_left('', 73, 'x'), 4)", "fails: at most 72 bytes"},
                    {"bcrypt('secret', 3)", "fails: bcrypt cost must be 4 to 16"}},
       .pure = false,
       .check_constants = check_cost,
       .bind = [](const Use& use) { return bind_with(use, kDefaultCost, bcrypt, seal_bcrypt); }},
      {.name = "pbkdf2_django",
       .family = "hash",
       .doc = "A PBKDF2 hash in Django's format (default 600000 iterations); a value that already is a Django hash, of "
              "any of its algorithms, is kept.",
       .parameters = {text, {.name = "iterations", .types = Type::integer, .optional = true, .constant = true}},
       .examples = {{"matches(pbkdf2_django('secret', 1000), '^pbkdf2_sha256\\$1000\\$\\w{22}\\$[\\w+/]{43}=$')", "true"},
                    {"pbkdf2_django('md5$salt$5f4dcc3b5aa765d61d8327deb882cf99')",
                     "'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99'"},
                    {"pbkdf2_django('!')", "'!'"},
                    {"pbkdf2_django(null)", "null"}},
       .pure = false,
       .check_constants = check_iterations,
       .bind = [](const Use& use) { return bind_with(use, kDefaultIterations, pbkdf2_django, seal_django); }},
  };
}

}  // namespace etl::converters
