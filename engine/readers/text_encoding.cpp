// Encodings other than UTF-8, by ICU.
#include <fmt/format.h>
#include <unicode/ucnv.h>

#include <algorithm>
#include <memory>

#include "engine/base/error.h"
#include "engine/readers/text_reader.h"

namespace etl::readers {

namespace {

// The UTF-8 converter reports ill-formed bytes instead of replacing them.
using Converter = std::unique_ptr<UConverter, decltype(&ucnv_close)>;

bool is_utf8(std::string name) {
  std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name.empty() || name == "utf8";
}

Converter open_converter(const std::string& encoding, const std::string& file) {
  UErrorCode status = U_ZERO_ERROR;
  // ICU takes "latin-1" for latin1 already; names it does not know are an error.
  Converter converter{ucnv_open(encoding.c_str(), &status), ucnv_close};
  if (U_FAILURE(status) != 0) {
    throw Error{Error::Kind::type, fmt::format("{}: the encoding {} is not known", file, encoding),
                "write utf-8, latin-1, windows-1252, utf-16, ..."};
  }
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  return converter;
}

}  // namespace

std::string decode_text(std::string bytes, const std::string& encoding, const std::string& file) {
  if (is_utf8(encoding)) return bytes;
  const Converter from = open_converter(encoding, file);
  const Converter to = open_converter("utf-8", file);
  std::string text;
  std::string piece(std::size_t{64} << 10, '\0');
  std::vector<UChar> pivot(std::size_t{16} << 10);
  const char* source = bytes.data();
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
  while (status == U_BUFFER_OVERFLOW_ERROR) {
    status = U_ZERO_ERROR;
    char* target = piece.data();
    ucnv_convertEx(to.get(), from.get(), &target, piece.data() + piece.size(), &source, bytes.data() + bytes.size(),
                   pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), text.empty() ? 1 : 0, 1, &status);
    text.append(piece.data(), target);
  }
  if (U_FAILURE(status) != 0) {
    throw Error{Error::Kind::type,
                fmt::format("{}: byte {} is not {}", file, source - bytes.data(), encoding),
                "encoding: says how the file's text is stored"};
  }
  return text;
}

}  // namespace etl::readers
