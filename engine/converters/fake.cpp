// The fake family: values made up from settings.seed and a value, the same whenever and wherever both are the same.
// Names, cities and companies of one value belong together: its name, email and username are one person's.
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

using Text = std::string_view;

// What is made up changes when a list does: they are appended to, never reordered, within one major version.
constexpr Text kFirstNames[] = {
    "Ada",    "Alan",   "Amara",  "Anna",   "Arjun",  "Aisha", "Ben",    "Bianca", "Carlos", "Chloe",  "Daniel",
    "Diana",  "Elena",  "Emma",   "Erik",   "Fatima", "Felix", "Grace",  "Hana",   "Hugo",   "Ines",   "Isaac",
    "Ivan",   "Jonas",  "Julia",  "Kai",    "Karin",  "Kofi",  "Laura",  "Leon",   "Lina",   "Lucas",  "Maya",
    "Marco",  "Mei",    "Milan",  "Nadia",  "Nina",   "Noah",  "Nora",   "Oliver", "Olga",   "Omar",   "Oscar",
    "Paula",  "Pedro",  "Priya",  "Rosa",   "Ruth",   "Sam",   "Sara",   "Simon",  "Sofia",  "Tariq",  "Theo",
    "Tom",    "Vera",   "Victor", "Wanda",  "Wei",    "Yara",  "Yuki",   "Zahra",  "Zoe"};
constexpr Text kLastNames[] = {
    "Adams",   "Ahmed",   "Andersen", "Baker",  "Bauer",   "Becker",  "Bell",     "Berg",   "Brown",   "Castro",
    "Chen",    "Clark",   "Costa",    "Cruz",   "Davies",  "Diaz",    "Dubois",   "Evans",  "Fischer", "Fox",
    "Garcia",  "Gomez",   "Gray",     "Green",  "Gupta",   "Hansen",  "Hoffmann", "Hughes", "Ito",     "Jansen",
    "Jones",   "Kaya",    "Khan",     "Kim",    "Klein",   "Kowal",   "Lang",     "Larsen", "Lee",     "Lopez",
    "Martin",  "Mbeki",   "Meyer",    "Mori",   "Moreau",  "Nguyen",  "Novak",    "Okafor", "Olsen",   "Park",
    "Patel",   "Petrov",  "Reed",     "Rossi",  "Santos",  "Schmidt", "Silva",    "Singh",  "Smith",   "Tanaka",
    "Taylor",  "Walker",  "Weber",    "Wood"};
constexpr Text kCities[] = {"Ashford",   "Bellmont",  "Brookside", "Cedar Falls", "Clearwater", "Eastport",  "Elmwood",
                            "Fairview",  "Glenhaven", "Greenfield", "Harborview", "Highland",   "Kingsbury", "Lakewood",
                            "Linden",    "Maplewood", "Millbrook", "Newbridge",   "Northfield", "Oakdale",   "Pinehurst",
                            "Riverside", "Rosewood",  "Silverton", "Springdale",  "Stonebridge", "Sunnyvale", "Thornton",
                            "Westbury",  "Willowick", "Winfield",  "Woodland"};
constexpr Text kStreets[] = {"Acorn Lane",   "Bridge Street", "Cedar Avenue", "Church Road", "Elm Street",  "Garden Lane",
                             "Hill Road",    "Lake Street",   "Main Street",  "Maple Drive", "Meadow Lane", "Mill Road",
                             "Oak Avenue",   "Park Street",   "River Road",   "Station Road"};
constexpr Text kTrades[] = {"Analytics", "Bakery",   "Design", "Energy",   "Foods",   "Garden",   "Labs",     "Logistics",
                            "Media",     "Partners", "Paper",  "Software", "Studios", "Textiles", "Transport", "Works"};
constexpr Text kEndings[] = {"Ltd", "Inc", "GmbH", "Group"};
constexpr Text kDomains[] = {"example.com", "example.net", "example.org"};  // Nobody's, by RFC 2606.
constexpr Text kWords[] = {"amber",  "autumn", "bridge", "bright", "candle", "cloud",  "copper", "corner", "distant", "early",
                           "field",  "forest", "garden", "gentle", "golden", "harbor", "hidden", "hollow", "island",  "lantern",
                           "little", "meadow", "morning", "narrow", "northern", "ocean", "open", "orchard", "paper", "quiet",
                           "rapid",  "river",  "silent", "silver", "simple", "slow",   "stone",  "summer", "sunlit", "thread",
                           "timber", "valley", "velvet", "warm",   "water",  "willow", "window", "winter"};

// Draws from the SHA-256 sum of seed and value: each purpose has its own two bytes.
class Draw {
 public:
  Draw(Text seed, Text value) {
    std::string text{seed};
    text += '\0';
    text += value;
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum_.data());
  }

  std::size_t number(std::size_t purpose, std::size_t below) const {
    return (std::size_t{sum_[2 * purpose]} << 8 | sum_[2 * purpose + 1]) % below;
  }
  template <std::size_t size>
  Text pick(std::size_t purpose, const Text (&list)[size]) const {
    return list[number(purpose, size)];
  }
  // 12 letters and digits that no two of a billion values share in practice (60 bits): for columns that are unique.
  std::string tag() const {
    static constexpr Text kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";
    std::string text;
    for (std::size_t i = 0; i < 12; ++i) text += kAlphabet[sum_[20 + i] & 31];
    return text;
  }

 private:
  std::array<unsigned char, SHA256_DIGEST_LENGTH> sum_{};
};

std::string lowered(Text text) {
  std::string out{text};
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

Text first_name(const Draw& draw) { return draw.pick(0, kFirstNames); }
Text last_name(const Draw& draw) { return draw.pick(1, kLastNames); }

std::string words(const Draw& draw) {
  std::string text;
  const std::size_t count = 3 + draw.number(2, 4);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ' ';
    text += draw.pick(3 + i, kWords);
  }
  return text;
}

using Maker = std::string (*)(const Draw&);

const std::map<Text, Maker>& makers() {
  static const std::map<Text, Maker> kMakers = {
      {"first_name", [](const Draw& draw) { return std::string{first_name(draw)}; }},
      {"last_name", [](const Draw& draw) { return std::string{last_name(draw)}; }},
      {"name", [](const Draw& draw) { return fmt::format("{} {}", first_name(draw), last_name(draw)); }},
      {"email",
       [](const Draw& draw) {
         return fmt::format("{}.{}.{}@{}", lowered(first_name(draw)), lowered(last_name(draw)), draw.tag(),
                            draw.pick(2, kDomains));
       }},
      {"username", [](const Draw& draw) { return fmt::format("{}_{}", lowered(first_name(draw)), draw.tag()); }},
      // 555-0100 to 555-0199 are kept free for stories.
      {"phone",
       [](const Draw& draw) {
         return fmt::format("+1-{}-555-01{:02}", 201 + draw.number(2, 780), draw.number(3, 100));
       }},
      {"address",
       [](const Draw& draw) { return fmt::format("{} {}", 1 + draw.number(2, 200), draw.pick(3, kStreets)); }},
      {"city", [](const Draw& draw) { return std::string{draw.pick(4, kCities)}; }},
      {"company",
       [](const Draw& draw) {
         return fmt::format("{} {} {}", draw.pick(5, kLastNames), draw.pick(6, kTrades), draw.pick(7, kEndings));
       }},
      {"words", words},
  };
  return kMakers;
}

std::string check_fake(const Use& use, std::size_t& index) {
  index = 0;
  const auto kind = constant_text(use, 0);
  if (!kind || makers().contains(*kind)) return "";
  return "fake makes name, first_name, last_name, email, username, phone, address, city, company or words";
}

Kernel bind_fake(const Use& use) {
  const auto kind = constant_text(use, 0);
  if (!kind) return null_kernel(Type::text);
  const Maker make = makers().at(*kind);
  return [make](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::text, context.rows);
    const auto values = out->values<Text>();
    std::string text;
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row) || arguments[1]->is_null(row)) {
        out->set_null(row);
        continue;
      }
      text.clear();
      append_text(arguments[1]->at(row), text);
      values[row] = context.arena.copy(make(Draw{context.run.seed, text}));
    }
    return out;
  };
}

}  // namespace

std::vector<Function> fake_functions() {
  return {
      {.name = "fake",
       .family = "hash",
       .doc = "A made-up name, first_name, last_name, email, username, phone, address, city, company or words, the same "
              "for the same value and settings.seed. Emails and usernames differ for different values.",
       .parameters = {{.name = "kind", .types = Type::text, .constant = true},
                      {.name = "value", .types = TypeSet::all()}},
       .fails = "unknown kind",
       .examples = {{"fake('email', 7) = fake('email', '7')", "true"},
                    {"fake('email', 7) = fake('email', 8)", "false"},
                    {"fake('name', 7) = fake('first_name', 7) || ' ' || fake('last_name', 7)", "true"},
                    {"fake('age', 7)", "fails: fake makes name, first_name"},
                    {"fake('city', null)", "null"}},
       .check_constants = check_fake,
       .bind = bind_fake},
  };
}

}  // namespace etl::converters
