// What is written: tables and their fields.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/spec/read.h"
#include "engine/spec/values.h"

namespace etl::spec {

bool looks_secret(std::string_view name) {
  constexpr std::array<std::string_view, 10> kWords = {"password", "passwd", "pwd",  "secret", "token",
                                                       "apikey",   "ssn",    "iban", "cvv",    "pin"};
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('_'), name.size());
    std::string word{name.substr(0, end)};
    for (char& letter : word) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    if (std::find(kWords.begin(), kWords.end(), word) != kWords.end()) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

namespace {

std::optional<OnConflict> on_conflict_named(std::string_view name) {
  if (name == "reject") return OnConflict::reject;
  if (name == "skip") return OnConflict::skip;
  if (name == "update") return OnConflict::update;
  return std::nullopt;
}

// The value of a field: nothing (the column of the same name), a written null, an expression.
void read_from(FieldSpec& field, const Node& from, Diagnostics& diagnostics) {
  if (from.is_null()) {
    if (from.written) field.constant = to_literal(from);
    return;
  }
  field.from = to_expression(from, diagnostics);
  field.from_failed = field.from == nullptr;
}

void read_field_block(FieldSpec& field, const Node& block, Diagnostics& diagnostics) {
  if (const Node* from = block.find("from")) read_from(field, *from, diagnostics);
  if (const auto constant = literal_of(block, "const")) {
    if (block.find("from") != nullptr) {
      diagnostics.add(115, constant->at, "from and const exclude each other", "keep one of the two");
      field.from_failed = true;
      field.from = nullptr;
    } else {
      field.constant = constant;
    }
  }
  field.fallback = literal_of(block, "default");
  field.type = written_text(block, "type");
  field.sensitive = flag_of(block, "sensitive").value_or(false);
  field.description = text_of(block, "description").value;
  field.rules = rules_in(block);
  if (const Node* warn = block.find("warn")) field.warn = rules_in(*warn);
  if (const Node* abort = block.find("abort")) field.abort = rules_in(*abort);
}

FieldSpec read_field(const Member& member, const ReadContext& context) {
  FieldSpec field;
  field.column = {member.key, member.key_at};
  field.at = member.value.at;
  if (member.value.is_map()) {
    read_field_block(field, member.value, context.diagnostics);
  } else {
    read_from(field, member.value, context.diagnostics);
  }
  if (!field.sensitive && !field.constant && looks_secret(member.key)) {
    context.diagnostics.add(504, member.key_at, fmt::format("{} looks secret, but is not sensitive", member.key),
                            "add sensitive: true, and reports will not show it");
  }
  return field;
}

std::vector<SentenceSpec> read_sentences(const Node& table, std::string_view key, Diagnostics& diagnostics) {
  std::vector<SentenceSpec> sentences;
  for (auto& [sentence, condition] : expression_entries(table, key, diagnostics)) {
    sentences.push_back({std::move(sentence), std::move(condition)});
  }
  return sentences;
}

void read_on_conflict(TableSpec& spec, const Node& table) {
  const Node* node = table.find("on_conflict");
  if (node == nullptr) return;
  spec.on_conflict_at = node->at;
  if (node->is_map()) {
    spec.newest = text_of(*node, "newest");
    if (!spec.newest.value.empty()) spec.on_conflict = OnConflict::newest;
  } else {
    spec.on_conflict = on_conflict_named(node->text);
  }
}

void read_replace(TableSpec& spec, const Node& table, Diagnostics& diagnostics) {
  const Node* node = table.find("replace");
  if (node == nullptr) return;
  spec.replace_at = node->at;
  if (const auto flag = parse_boolean(node->text)) {
    spec.replace = *flag;
    return;
  }
  spec.replace_where = to_expression(*node, diagnostics);
  spec.replace = spec.replace_where != nullptr;
}

void read_on_missing(TableSpec& spec, const Node& table) {
  const auto written = written_text(table, "on_missing");
  if (!written) return;
  spec.on_missing_at = written->at;
  if (written->value == "skip") spec.on_missing = OnMissing::skip;
  if (written->value == "reject") spec.on_missing = OnMissing::reject;
}

void read_rows(TableSpec& spec, const Node& table, Diagnostics& diagnostics) {
  const Node* node = table.find("rows");
  if (node == nullptr) return;
  if (node->is_scalar()) {
    spec.min_rows = spec.max_rows = parse_integer(node->text);
    return;
  }
  spec.min_rows = integer_of(*node, "min");
  spec.max_rows = integer_of(*node, "max");
  if (spec.min_rows && spec.max_rows && *spec.min_rows > *spec.max_rows) {
    diagnostics.add(324, node->find("min")->at, fmt::format("min {} is above max {}", *spec.min_rows, *spec.max_rows));
  }
}

std::vector<ExpressionPtr> read_group_by(const Node& table, Diagnostics& diagnostics) {
  std::vector<ExpressionPtr> expressions;
  if (const Node* list = table.find("group_by")) {
    for (const Node& item : list->items) expressions.push_back(to_expression(item, diagnostics));
  }
  return expressions;
}

}  // namespace

TableSpec read_table(const Member& member, const ReadContext& context) {
  const Node& block = member.value;
  Diagnostics& diagnostics = context.diagnostics;
  TableSpec spec;
  spec.name = {member.key, member.key_at};
  spec.description = text_of(block, "description").value;
  spec.from = text_of(block, "from");
  spec.into = written_text(block, "into");
  spec.where = expression_of(block, "where", diagnostics);
  spec.explode = expression_entries(block, "explode", diagnostics);
  spec.group_by = read_group_by(block, diagnostics);
  if (const Node* fields = block.find("fields")) {
    for (const Member& field : fields->members) spec.fields.push_back(read_field(field, context));
  }
  const auto rest = text_of(block, "rest");
  spec.rest_copy = rest.value == "copy";
  spec.rest_at = rest.at;
  spec.ignore = texts_of(block, "ignore");
  spec.key = texts_of(block, "key");
  read_on_conflict(spec, block);
  read_replace(spec, block, diagnostics);
  read_on_missing(spec, block);
  read_rows(spec, block, diagnostics);
  spec.check = read_sentences(block, "check", diagnostics);
  spec.warn = read_sentences(block, "warn", diagnostics);
  spec.abort = read_sentences(block, "abort", diagnostics);
  spec.needs = texts_of(block, "needs");
  if (const Node* limit = block.find("max_rejects")) spec.max_rejects = parse_threshold(limit->text);
  return spec;
}

}  // namespace etl::spec
