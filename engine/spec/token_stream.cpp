#include "engine/spec/token_stream.h"

#include <fmt/format.h>

#include <algorithm>

namespace etl::spec {

Span TokenStream::from(const Span& first) const {
  const std::size_t end = at_ > 0 ? tokens_[at_ - 1].end : 0;
  return {first.source, first.begin, std::max(first.begin, place_.span(end, end).end)};
}

std::nullptr_t TokenStream::fail(Code code, const Span& at, std::string message, std::string help) {
  diagnostics_.add(code, at, std::move(message), std::move(help));
  failed_ = true;
  return nullptr;
}

std::nullptr_t TokenStream::expected(std::string_view what, std::string help) {
  if (help.empty() && token().is("|")) help = "put the pipe in ( )";
  return fail(201, place(token()), fmt::format("expected {} but found {}", what, found()), std::move(help));
}

std::string TokenStream::found() const {
  if (token().kind == Token::Kind::end) return "the end";
  constexpr std::size_t kLongest = 30;
  const std::string_view written = text_.substr(token().begin, token().end - token().begin);
  if (written.size() <= kLongest) return std::string{written};
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(written[end]) & 0xC0U) == 0x80U) --end;  // Whole characters.
  return std::string{written.substr(0, end)} + "...";
}

}  // namespace etl::spec
