#include "engine/stores/sqlite_functions.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <future>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/sha3.h"
#include "engine/data/value.h"

namespace etl::stores {

namespace {

constexpr std::size_t kHashBytes = 8;
constexpr std::string_view kDigits = "0123456789ABCDEF";

std::string_view bytes_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void append_hex(std::string_view bytes, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + bytes.size() * 2);
  char* place = out.data() + start;
  for (const unsigned char byte : bytes) {
    *place++ = kDigits[byte >> 4U];
    *place++ = kDigits[byte & 15U];
  }
}

// printf('%!.17g') as SQLite itself writes it.
void append_real(double number, std::string& out) {
  std::array<char, 64> text{};
  sqlite3_snprintf(static_cast<int>(text.size()), text.data(), "%!.17g", number);
  out += text.data();
}

// A text with its length in the encoding of the database, as length(CAST(c AS BLOB)) counts.
void append_text_cell(sqlite3_value* value, std::string& out) {
  const bool utf8 = sqlite3_value_encoding(value) == SQLITE_UTF8;
  fmt::format_to(std::back_inserter(out), "t{}:", utf8 ? sqlite3_value_bytes(value) : sqlite3_value_bytes16(value));
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  out.append(text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

// What docs/ledger.md says under `journal`, and undo/sqlite_groups.cpp as SQL.
void append_row_text(sqlite3_value* value, std::string& out) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      out += 'n';
      break;
    case SQLITE_FLOAT:
      out += 'r';
      append_real(sqlite3_value_double(value), out);
      break;
    case SQLITE_INTEGER:
      out += 'i';
      out += bytes_of(value);
      break;
    case SQLITE_TEXT:
      append_text_cell(value, out);
      break;
    default:
      out += 'b';
      append_hex(bytes_of(value), out);
  }
  out += ',';
}

void append_key(sqlite3_value* value, std::string& out) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      out += "null";
      break;
    case SQLITE_FLOAT:
      append_real(sqlite3_value_double(value), out);
      break;
    case SQLITE_INTEGER:
      out += bytes_of(value);
      break;
    case SQLITE_TEXT:
      append_json_string(bytes_of(value), out);
      break;
    default:
      out += '"';
      append_hex(bytes_of(value), out);
      out += '"';
  }
}

// Functions are called by C: nothing may be thrown through it.
template <class Use>
void guarded(sqlite3_context* context, Use use) noexcept {
  try {
    use();
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

void give_text(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}
void give_blob(sqlite3_context* context, std::string_view bytes) {
  sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

void sha3(sqlite3_context* context, int count, sqlite3_value** arguments) {
  guarded(context, [&] {
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return;
    const int bits = count == 1 ? 256 : sqlite3_value_int(arguments[1]);
    if (bits != 224 && bits != 256 && bits != 384 && bits != 512) {
      return sqlite3_result_error(context, "SHA3 size should be one of: 224 256 384 512", -1);
    }
    Sha3 sum{bits};
    sum.start();
    sum.add(bytes_of(arguments[0]));
    give_blob(context, sum.finish());
  });
}

void row_text(sqlite3_context* context, int count, sqlite3_value** arguments) {
  guarded(context, [&] {
    thread_local std::string text;
    text.clear();
    for (int i = 0; i < count; ++i) append_row_text(arguments[i], text);
    give_text(context, text);
  });
}

// The first 8 bytes of SHA3-224 of one text after the other. Two threads share the work: it costs more than all else
// that a row needs.
class RowHashes {
 public:
  // Where the row's text is to be appended.
  std::string& text() { return texts_; }
  void end_row() {
    ends_.push_back(texts_.size());
    if (texts_.size() >= kMostBytes) hash();
  }
  std::string finish() {
    hash();
    return std::move(hashes_);
  }

 private:
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20;
  static constexpr std::size_t kFewRows = 256;  // Not worth a thread.

  void hash() {
    const std::size_t rows = ends_.size();
    const std::size_t half = rows < kFewRows ? rows : rows / 2;
    const std::size_t start = hashes_.size();
    hashes_.resize(start + rows * kHashBytes);
    char* const out = hashes_.data() + start;
    auto other =
        half == rows ? std::future<void>{} : std::async(std::launch::async, [=, this] { hash(half, rows, out); });
    hash(0, half, out);
    if (other.valid()) other.get();
    texts_.clear();
    ends_.clear();
  }
  void hash(std::size_t from, std::size_t to, char* out) const {
    Sha3 sum{224};
    for (std::size_t row = from; row < to; ++row) {
      const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
      sum.start();
      sum.add(std::string_view{texts_}.substr(begin, ends_[row] - begin));
      std::ranges::copy(sum.finish().substr(0, kHashBytes), out + row * kHashBytes);
    }
  }

  std::string texts_;
  std::vector<std::size_t> ends_;  // Of the rows in texts_.
  std::string hashes_;
};

// What an aggregate gathers, behind the pointer that SQLite keeps for each group.
struct Gathered {
  std::unique_ptr<RowHashes> hashes;
  std::string out;
};

Gathered& gathered(sqlite3_context* context) {
  auto** place = static_cast<Gathered**>(sqlite3_aggregate_context(context, sizeof(Gathered*)));
  if (place == nullptr) throw std::bad_alloc{};
  if (*place == nullptr) *place = new Gathered;
  return **place;
}

// `append` adds one argument to the row's text.
template <class Append>
void add_hash(sqlite3_context* context, int count, sqlite3_value** arguments, Append append) {
  guarded(context, [&] {
    Gathered& all = gathered(context);
    if (!all.hashes) all.hashes = std::make_unique<RowHashes>();
    for (int i = 0; i < count; ++i) append(arguments[i], all.hashes->text());
    all.hashes->end_row();
  });
}

void add_row_hash(sqlite3_context* context, int count, sqlite3_value** arguments) {
  add_hash(context, count, arguments, append_row_text);
}

void add_text_hash(sqlite3_context* context, int count, sqlite3_value** arguments) {
  add_hash(context, count, arguments, [](sqlite3_value* value, std::string& out) { out += bytes_of(value); });
}

void add_key(sqlite3_context* context, int, sqlite3_value** arguments) {
  guarded(context, [&] {
    Gathered& all = gathered(context);
    all.out += all.out.empty() ? '[' : ',';
    append_key(arguments[0], all.out);
  });
}

std::unique_ptr<Gathered> take(sqlite3_context* context) {
  auto** place = static_cast<Gathered**>(sqlite3_aggregate_context(context, 0));
  return std::unique_ptr<Gathered>{place == nullptr ? nullptr : *place};
}

void give_hashes(sqlite3_context* context) {
  const auto all = take(context);
  guarded(context, [&] { give_blob(context, all && all->hashes ? all->hashes->finish() : std::string{}); });
}

void give_keys(sqlite3_context* context) {
  const auto all = take(context);
  give_text(context, all ? all->out + "]" : "[]");
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 0;
}

// Digits of an even number of hexadecimal places to their bytes.
void blob(sqlite3_context* context, int, sqlite3_value** arguments) {
  guarded(context, [&] {
    const std::string_view digits = bytes_of(arguments[0]);
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
      bytes += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
    }
    give_blob(context, bytes);
  });
}

}  // namespace

// Counting memory takes a lock for every allocation, and nothing reads the counts (sqlite.org/malloc.html, 3.3).
void set_up_sqlite() { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

void add_functions(sqlite3* database) {
  constexpr int kPure = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  int failed = sqlite3_create_function_v2(database, "sha3", 1, kPure, nullptr, sha3, nullptr, nullptr, nullptr);
  failed |= sqlite3_create_function_v2(database, "sha3", 2, kPure, nullptr, sha3, nullptr, nullptr, nullptr);
  failed |=
      sqlite3_create_function_v2(database, "etl_row_text", -1, kPure, nullptr, row_text, nullptr, nullptr, nullptr);
  failed |= sqlite3_create_function_v2(database, "etl_hashes", -1, kPure, nullptr, nullptr, add_text_hash, give_hashes,
                                       nullptr);
  failed |= sqlite3_create_function_v2(database, "etl_row_hashes", -1, kPure, nullptr, nullptr, add_row_hash,
                                       give_hashes, nullptr);
  failed |= sqlite3_create_function_v2(database, "etl_keys", 1, kPure, nullptr, nullptr, add_key, give_keys, nullptr);
  failed |= sqlite3_create_function_v2(database, "etl_blob", 1, kPure, nullptr, blob, nullptr, nullptr, nullptr);
  if (failed != SQLITE_OK) {
    throw Error{Error::Kind::environment, "SQLite does not take the functions of etl", "check the version of SQLite"};
  }
}

}  // namespace etl::stores
