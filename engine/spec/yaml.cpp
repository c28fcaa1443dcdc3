#include "engine/spec/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>
#include <unordered_map>

#include "engine/spec/text_map.h"
#include "engine/spec/yaml_faults.h"

namespace etl::spec {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Bytes as a stream, without a copy.
class ByteStream : public std::streambuf {
 public:
  explicit ByteStream(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());
    setg(begin, begin, begin + bytes.size());
  }
};

// A list or map that is being read.
struct Frame {
  Node node;
  bool flow = false;
  bool wants_key = false;          // A map's next node is a key.
  std::optional<Member> key = {};  // Read, its value not yet.
  bool key_refused = false;        // The key was no text: its value is dropped.
  std::unordered_map<std::string, Span> keys = {};
  // A value of { } with open brackets: its member, its start, the brackets still open, where the last piece ends.
  struct Torn {
    std::size_t member = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    int open = 0;
  };
  std::optional<Torn> torn = {};
};

// Builds the tree from yaml-cpp's events. Marks count bytes from 0, behind a byte order mark.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceTextPtr& source, Diagnostics& diagnostics)
      : source_{source}, bytes_{source->bytes()}, diagnostics_{diagnostics} {
    if (bytes_.starts_with(kByteOrderMark)) shift_ = static_cast<std::uint32_t>(kByteOrderMark.size());
  }

  void OnDocumentStart(const YAML::Mark& mark) override { document_ = offset(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node;
    const std::uint32_t begin = offset(mark);
    node.text = null_word(begin);
    node.written = !node.text.empty();
    node.at = span(begin, begin + static_cast<std::uint32_t>(node.text.size()));
    complete(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node;
    node.damaged = true;  // Its anchor was reported.
    node.at = span(offset(mark), offset(mark) + 1);
    alias_ = true;
    complete(std::move(node));
    alias_ = false;
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    Node node;
    node.kind = Node::Kind::scalar;
    const std::uint32_t begin = skip_properties(mark, tag, node);
    node.quoted = begin < bytes_.size() && std::string_view{"'\"|>"}.find(bytes_[begin]) != std::string_view::npos;
    node.text = value;
    const ScalarEnd end = scalar_end(*source_, begin, value);
    node.at = span(begin, end.end);
    if (!end.closed) report_open_quote(begin);
    complete(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    open(Node::Kind::list, mark, tag, style);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::map, mark, tag, style);
  }
  void OnMapEnd() override { close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    const std::size_t found = bytes_.find("&" + name, offset(mark));
    const auto begin = found == std::string_view::npos ? offset(mark) : static_cast<std::uint32_t>(found);
    refuse_sharing(span(begin, begin + static_cast<std::uint32_t>(name.size()) + 1), "YAML anchors are");
  }

  std::uint32_t document() const { return document_; }
  bool failed() const { return failed_; }    // No tree.
  bool refused() const { return refused_; }  // A tree, but something in it is not part of the language.
  Node take_root() { return std::move(root_); }
  std::uint32_t offset(const YAML::Mark& mark) const {
    const std::size_t at = static_cast<std::size_t>(std::max(mark.pos, 0)) + shift_;
    return static_cast<std::uint32_t>(std::min(at, bytes_.size()));
  }

  YamlFault fault(const YAML::Exception& error) const {
    YamlFault fault{offset(error.mark), error.msg, std::nullopt, std::nullopt};
    if (stack_.empty() || !stack_.back().flow) return fault;
    const Frame& frame = stack_.back();
    fault.open = OpenFlow{frame.node.at.begin, frame.node.is_map()};
    if (frame.torn) fault.torn = frame.torn->begin;
    return fault;
  }

 private:
  Span span(std::uint32_t begin, std::uint32_t end) const { return {source_, begin, end}; }

  void report(Code code, const Span& at, std::string message, std::string help) {
    refused_ = true;
    diagnostics_.add(code, at, std::move(message), std::move(help));
  }

  void refuse_sharing(const Span& at, std::string_view what) {
    report(103, at, fmt::format("{} not part of the language", what),
           "share through include:, lookups: or converters:");
  }

  void report_open_quote(std::uint32_t begin) {
    failed_ = true;
    report(101, span(begin, begin + 1), fmt::format("not valid YAML: the quote {} is never closed", bytes_[begin]),
           "close it; inside '...' a quote is written ''");
  }

  // The spelling of a null that was written, "" when the value was left out (the mark is then the next token's).
  std::string null_word(std::uint32_t begin) const {
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
      const std::size_t end = begin + word.size();
      if (bytes_.substr(begin, word.size()) != word) continue;
      if (end < bytes_.size() && std::string_view{" \t\r\n,]}:"}.find(bytes_[end]) == std::string_view::npos) continue;
      if (!stack_.empty() && stack_.back().wants_key) return std::string{word};
      const std::size_t next = bytes_.find_first_not_of(" \t", end);
      const bool is_next_key = next != std::string_view::npos && bytes_[next] == ':';
      return is_next_key ? std::string{} : std::string{word};
    }
    return {};
  }

  // The start of the node itself, behind tags and anchors; a tag is refused.
  std::uint32_t skip_properties(const YAML::Mark& mark, const std::string& tag, Node& node) {
    std::size_t at = offset(mark);
    while (at < bytes_.size() && (bytes_[at] == '!' || bytes_[at] == '&')) {
      const std::size_t end = std::min(bytes_.find_first_of(" \t\r\n,]}", at), bytes_.size());
      if (bytes_[at] == '!') refuse_tag(at, end);
      node.damaged = true;
      at = std::min(bytes_.find_first_not_of(" \t\r\n", end), bytes_.size());
    }
    if (!tag.empty() && tag != "?" && tag != "!" && !node.damaged) refuse_tag(at, at + 1);
    return static_cast<std::uint32_t>(at);
  }

  void refuse_tag(std::size_t begin, std::size_t end) {
    report(103, span(static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)),
           "YAML tags are not part of the language",
           "a value takes its type from where it is used; a value that starts with ! must be quoted");
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::EmitterStyle::value style) {
    Frame frame;
    frame.node.kind = kind;
    const std::uint32_t begin = skip_properties(mark, tag, frame.node);
    frame.node.damaged = false;  // An anchored block is all there.
    frame.node.at = span(begin, begin + 1);
    frame.flow = style == YAML::EmitterStyle::Flow;
    frame.wants_key = kind == Node::Kind::map;
    stack_.push_back(std::move(frame));
  }

  void close() {
    finish_torn(stack_.back());
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    complete(std::move(node));
  }

  // A node is whole: it goes to its parent.
  void complete(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.wants_key) {
      take_key(frame, std::move(node));
    } else {
      take_value(frame, std::move(node));
    }
  }

  void take_key(Frame& frame, Node node) {
    frame.wants_key = false;
    frame.key_refused = node.is_list() || node.is_map() || alias_;
    if (frame.key_refused && !alias_) {
      report(101, node.at, "not valid here: a key must be a text",
             "write key: value; quote a key that starts with [ or {");
      failed_ = true;
    }
    frame.key = Member{std::move(node.text), node.at, {}};
    if (node.quoted || frame.key->key != "<<") return;
    frame.node.damaged = true;
    frame.key_refused = true;
  }

  void take_value(Frame& frame, Node node) {
    frame.wants_key = true;
    Member member = std::move(*frame.key);
    frame.key.reset();
    if (node.is_null() && !node.written && !node.damaged) node.at = member.key_at;
    if (frame.key_refused) {
      const bool shares = member.key == "<<" && !alias_ && !node.is_list();
      if (shares) refuse_sharing(member.key_at, "merge keys are");
      return;
    }
    if (frame.flow && absorb_torn(frame, member, node)) return;
    add_member(frame, std::move(member), std::move(node));
  }

  void add_member(Frame& frame, Member member, Node node) {
    const auto [first, is_new] = frame.keys.try_emplace(member.key, member.key_at);
    if (!is_new) {
      const auto line = source_->position(first->second.begin).line;
      report(102, member.key_at, fmt::format("key {} is written twice", member.key),
             fmt::format("first on line {}", line));
      return;
    }
    const int open = frame.flow && node.is_scalar() && !node.quoted ? open_brackets(node.text) : 0;
    if (open > 0) frame.torn = Frame::Torn{frame.node.members.size(), node.at.begin, node.at.end, open};
    member.value = std::move(node);
    frame.node.members.push_back(std::move(member));
  }

  // True when the member is a piece of the value before it: `{from: coalesce(a, 1)}` has the keys `from` and `1)`.
  bool absorb_torn(Frame& frame, const Member& member, const Node& value) {
    if (!frame.torn) return false;
    const std::size_t next = bytes_.find_first_not_of(" \t\r\n", member.key_at.end);
    const bool has_value = value.written || !value.is_null() || next == std::string_view::npos || bytes_[next] == ':';
    if (has_value) {
      finish_torn(frame);
      return false;
    }
    frame.torn->end = member.key_at.end;
    frame.torn->open += open_brackets(member.key_at.text());
    if (frame.torn->open <= 0) finish_torn(frame);
    return true;
  }

  void finish_torn(Frame& frame) {
    if (!frame.torn) return;
    Node& value = frame.node.members[frame.torn->member].value;
    if (frame.torn->end > value.at.end) {
      report_torn_value(span(frame.torn->begin, frame.torn->end), true, diagnostics_);
      refused_ = true;
      value.damaged = true;
    }
    frame.torn.reset();
  }

  const SourceTextPtr& source_;
  std::string_view bytes_;
  Diagnostics& diagnostics_;
  std::uint32_t shift_ = 0;
  std::uint32_t document_ = 0;
  bool alias_ = false;
  bool failed_ = false;
  bool refused_ = false;
  std::vector<Frame> stack_;
  Node root_;
};

void report_second_document(const SourceTextPtr& source, std::uint32_t at, Diagnostics& diagnostics) {
  const std::uint32_t size = source->bytes().substr(at, 3) == "---" ? 3 : 1;
  diagnostics.add(104, {source, at, at + size}, "a spec is one YAML document",
                  "put the second document in its own file");
}

// Looks for a second document; true when there is one. Its own faults do not matter.
bool refuse_second_document(YAML::Parser& parser, const SourceTextPtr& source, Diagnostics& diagnostics) {
  Diagnostics unheard;
  TreeBuilder second{source, unheard};
  bool found = false;
  try {
    found = parser.HandleNextDocument(second);
  } catch (const YAML::Exception&) {
    found = true;
  }
  if (found) report_second_document(source, second.document(), diagnostics);
  return found;
}

}  // namespace

std::optional<YamlDocument> parse_yaml(const SourceTextPtr& source, Diagnostics& diagnostics) {
  if (report_bad_bytes(source, diagnostics)) return std::nullopt;
  ByteStream bytes{source->bytes()};
  std::istream stream{&bytes};
  TreeBuilder builder{source, diagnostics};
  bool refused = false;
  try {
    YAML::Parser parser{stream};
    parser.HandleNextDocument(builder);
    if (builder.failed()) return std::nullopt;
    refused = refuse_second_document(parser, source, diagnostics);
  } catch (const YAML::Exception& error) {
    report_yaml_fault(source, builder.fault(error), diagnostics);
    return std::nullopt;
  }
  YamlDocument document{builder.take_root(), refused || builder.refused()};
  if (!document.root.at) document.root.at = {source, 0, 0};
  return document;
}

}  // namespace etl::spec
