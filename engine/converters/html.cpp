#include "engine/converters/html.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace etl::converters {

namespace {

using Text = std::string_view;

// The entities of HTML 4 (section 24), sorted by name, and apos.
constexpr std::array<std::pair<Text, char16_t>, 253> kEntities = {{
    {"AElig", 198},   {"Aacute", 193},  {"Acirc", 194},    {"Agrave", 192},  {"Alpha", 913},    {"Aring", 197},
    {"Atilde", 195},  {"Auml", 196},    {"Beta", 914},     {"Ccedil", 199},  {"Chi", 935},      {"Dagger", 8225},
    {"Delta", 916},   {"ETH", 208},     {"Eacute", 201},   {"Ecirc", 202},   {"Egrave", 200},   {"Epsilon", 917},
    {"Eta", 919},     {"Euml", 203},    {"Gamma", 915},    {"Iacute", 205},  {"Icirc", 206},    {"Igrave", 204},
    {"Iota", 921},    {"Iuml", 207},    {"Kappa", 922},    {"Lambda", 923},  {"Mu", 924},       {"Ntilde", 209},
    {"Nu", 925},      {"OElig", 338},   {"Oacute", 211},   {"Ocirc", 212},   {"Ograve", 210},   {"Omega", 937},
    {"Omicron", 927}, {"Oslash", 216},  {"Otilde", 213},   {"Ouml", 214},    {"Phi", 934},      {"Pi", 928},
    {"Prime", 8243},  {"Psi", 936},     {"Rho", 929},      {"Scaron", 352},  {"Sigma", 931},    {"THORN", 222},
    {"Tau", 932},     {"Theta", 920},   {"Uacute", 218},   {"Ucirc", 219},   {"Ugrave", 217},   {"Upsilon", 933},
    {"Uuml", 220},    {"Xi", 926},      {"Yacute", 221},   {"Yuml", 376},    {"Zeta", 918},     {"aacute", 225},
    {"acirc", 226},   {"acute", 180},   {"aelig", 230},    {"agrave", 224},  {"alefsym", 8501}, {"alpha", 945},
    {"amp", 38},      {"and", 8743},    {"ang", 8736},     {"apos", 39},     {"aring", 229},    {"asymp", 8776},
    {"atilde", 227},  {"auml", 228},    {"bdquo", 8222},   {"beta", 946},    {"brvbar", 166},   {"bull", 8226},
    {"cap", 8745},    {"ccedil", 231},  {"cedil", 184},    {"cent", 162},    {"chi", 967},      {"circ", 710},
    {"clubs", 9827},  {"cong", 8773},   {"copy", 169},     {"crarr", 8629},  {"cup", 8746},     {"curren", 164},
    {"dArr", 8659},   {"dagger", 8224}, {"darr", 8595},    {"deg", 176},     {"delta", 948},    {"diams", 9830},
    {"divide", 247},  {"eacute", 233},  {"ecirc", 234},    {"egrave", 232},  {"empty", 8709},   {"emsp", 8195},
    {"ensp", 8194},   {"epsilon", 949}, {"equiv", 8801},   {"eta", 951},     {"eth", 240},      {"euml", 235},
    {"euro", 8364},   {"exist", 8707},  {"fnof", 402},     {"forall", 8704}, {"frac12", 189},   {"frac14", 188},
    {"frac34", 190},  {"frasl", 8260},  {"gamma", 947},    {"ge", 8805},     {"gt", 62},        {"hArr", 8660},
    {"harr", 8596},   {"hearts", 9829}, {"hellip", 8230},  {"iacute", 237},  {"icirc", 238},    {"iexcl", 161},
    {"igrave", 236},  {"image", 8465},  {"infin", 8734},   {"int", 8747},    {"iota", 953},     {"iquest", 191},
    {"isin", 8712},   {"iuml", 239},    {"kappa", 954},    {"lArr", 8656},   {"lambda", 955},   {"lang", 9001},
    {"laquo", 171},   {"larr", 8592},   {"lceil", 8968},   {"ldquo", 8220},  {"le", 8804},      {"lfloor", 8970},
    {"lowast", 8727}, {"loz", 9674},    {"lrm", 8206},     {"lsaquo", 8249}, {"lsquo", 8216},   {"lt", 60},
    {"macr", 175},    {"mdash", 8212},  {"micro", 181},    {"middot", 183},  {"minus", 8722},   {"mu", 956},
    {"nabla", 8711},  {"nbsp", 160},    {"ndash", 8211},   {"ne", 8800},     {"ni", 8715},      {"not", 172},
    {"notin", 8713},  {"nsub", 8836},   {"ntilde", 241},   {"nu", 957},      {"oacute", 243},   {"ocirc", 244},
    {"oelig", 339},   {"ograve", 242},  {"oline", 8254},   {"omega", 969},   {"omicron", 959},  {"oplus", 8853},
    {"or", 8744},     {"ordf", 170},    {"ordm", 186},     {"oslash", 248},  {"otilde", 245},   {"otimes", 8855},
    {"ouml", 246},    {"para", 182},    {"part", 8706},    {"permil", 8240}, {"perp", 8869},    {"phi", 966},
    {"pi", 960},      {"piv", 982},     {"plusmn", 177},   {"pound", 163},   {"prime", 8242},   {"prod", 8719},
    {"prop", 8733},   {"psi", 968},     {"quot", 34},      {"rArr", 8658},   {"radic", 8730},   {"rang", 9002},
    {"raquo", 187},   {"rarr", 8594},   {"rceil", 8969},   {"rdquo", 8221},  {"real", 8476},    {"reg", 174},
    {"rfloor", 8971}, {"rho", 961},     {"rlm", 8207},     {"rsaquo", 8250}, {"rsquo", 8217},   {"sbquo", 8218},
    {"scaron", 353},  {"sdot", 8901},   {"sect", 167},     {"shy", 173},     {"sigma", 963},    {"sigmaf", 962},
    {"sim", 8764},    {"spades", 9824}, {"sub", 8834},     {"sube", 8838},   {"sum", 8721},     {"sup", 8835},
    {"sup1", 185},    {"sup2", 178},    {"sup3", 179},     {"supe", 8839},   {"szlig", 223},    {"tau", 964},
    {"there4", 8756}, {"theta", 952},   {"thetasym", 977}, {"thinsp", 8201}, {"thorn", 254},    {"tilde", 732},
    {"times", 215},   {"trade", 8482},  {"uArr", 8657},    {"uacute", 250},  {"uarr", 8593},    {"ucirc", 251},
    {"ugrave", 249},  {"uml", 168},     {"upsih", 978},    {"upsilon", 965}, {"uuml", 252},     {"weierp", 8472},
    {"xi", 958},      {"yacute", 253},  {"yen", 165},      {"yuml", 255},    {"zeta", 950},     {"zwj", 8205},
    {"zwnj", 8204},
}};
static_assert(std::ranges::is_sorted(kEntities, {}, &std::pair<Text, char16_t>::first));

constexpr std::array<Text, 26> kLineTags = {
    "address", "article", "blockquote", "br",     "dd", "div", "dl", "dt", "figure", "footer",  "h1",    "h2", "h3",
    "h4",      "h5",      "h6",         "header", "hr", "li",  "ol", "p",  "pre",    "section", "table", "tr", "ul"};
static_assert(std::ranges::is_sorted(kLineTags));

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_character(std::uint32_t code, std::string& out) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xC0 | code >> 6), tail(code)};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xE0 | code >> 12), tail(code >> 6), tail(code)};
  } else {
    out += {static_cast<char>(0xF0 | code >> 18), tail(code >> 12), tail(code >> 6), tail(code)};
  }
}

// The code point that an entity stands for, 0 for none. `name` stands between & and ;
std::uint32_t entity(Text name) {
  if (name.starts_with('#')) {
    const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    const Text digits = name.substr(hex ? 2 : 1);
    std::uint32_t code = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    const bool valid = error == std::errc{} && stop == digits.data() + digits.size() && code <= 0x10FFFF &&
                       (code < 0xD800 || code > 0xDFFF);
    return valid ? code : 0;
  }
  const auto found = std::ranges::lower_bound(kEntities, name, {}, &std::pair<Text, char16_t>::first);
  return found != kEntities.end() && found->first == name ? found->second : 0;
}

class Stripper {
 public:
  explicit Stripper(Text html) : html_{html} {}

  const std::string& run() {
    while (at_ < html_.size()) {
      if (html_[at_] == '<' && tag()) continue;
      if (html_[at_] == '&' && decode()) continue;
      begin_text();
      out_ += html_[at_++];
    }
    return out_;
  }

 private:
  // A line break that tags asked for stands between two texts, never at an end.
  void begin_text() {
    if (line_wanted_ && !out_.empty() && out_.back() != '\n') out_ += '\n';
    line_wanted_ = false;
  }

  bool tag() {
    const Text rest = html_.substr(at_);
    if (rest.starts_with("<!--")) return skip_behind("-->", 4);
    if (rest.size() < 2) return false;
    if (rest[1] == '!' || rest[1] == '?') return skip_behind(">", 1);
    const bool closing = rest[1] == '/';
    std::size_t end = closing ? 2 : 1;
    if (end >= rest.size() || !is_letter(rest[end])) return false;
    std::string name;
    for (; end < rest.size() && (is_letter(rest[end]) || is_digit(rest[end])); ++end) {
      name += static_cast<char>(rest[end] | 0x20);
    }
    const std::size_t size = tag_size(rest, end);
    if (size == Text::npos) return false;
    at_ += size;
    if (std::ranges::binary_search(kLineTags, Text{name})) line_wanted_ = true;
    if (!closing && (name == "script" || name == "style")) skip_element(name);
    return true;
  }

  // The bytes up to the tag's >, which may stand in quotes inside it. npos: not closed, so no tag.
  static std::size_t tag_size(Text rest, std::size_t at) {
    char quote = 0;
    for (; at < rest.size(); ++at) {
      const char c = rest[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return at + 1;
      }
    }
    return Text::npos;
  }

  bool skip_behind(Text end, std::size_t from) {
    const std::size_t found = html_.find(end, at_ + from);
    at_ = found == Text::npos ? html_.size() : found + end.size();
    return true;
  }

  void skip_element(const std::string& name) {
    const std::string end = "</" + name;
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    const auto found =
        std::search(html_.begin() + static_cast<std::ptrdiff_t>(at_), html_.end(), end.begin(), end.end(), same);
    at_ = static_cast<std::size_t>(found - html_.begin());
  }

  bool decode() {
    constexpr std::size_t kLongest = 10;
    const std::size_t end = html_.find(';', at_);
    if (end == Text::npos || end - at_ > kLongest) return false;
    const std::uint32_t code = entity(html_.substr(at_ + 1, end - at_ - 1));
    if (code == 0) return false;
    begin_text();
    append_character(code, out_);
    at_ = end + 1;
    return true;
  }

  Text html_;
  std::size_t at_ = 0;
  std::string out_;
  bool line_wanted_ = false;
};

}  // namespace

std::string_view strip_html(Arena& arena, std::string_view html) {
  if (html.find_first_of("<&") == std::string_view::npos) return html;
  return arena.copy(Stripper{html}.run());
}

}  // namespace etl::converters
