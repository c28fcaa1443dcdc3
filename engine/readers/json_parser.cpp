// JSON: one document with a list of records, one document per line, or a Django fixture.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/base/error.h"
#include "engine/data/json.h"
#include "engine/data/json_path.h"
#include "engine/readers/header.h"
#include "engine/readers/row_parser.h"

namespace etl::readers {

namespace {

// A path such as response.results or a.b[0]; a name that holds dots itself is found first.
std::optional<std::string_view> at_path(std::string_view json, std::string_view path) {
  if (path.empty() || path == ".") return json;
  if (const auto member = json_member(json, path)) return member;
  const std::size_t end = path.find_first_of(".[", path.starts_with('[') ? 1 : 0);
  const std::string_view step = path.substr(0, end);
  std::optional<std::string_view> found;
  if (step.starts_with('[')) {
    std::int64_t index = 0;
    std::from_chars(step.data() + 1, step.data() + step.size(), index);
    found = json_item(json, index);
  } else {
    found = json_member(json, step);
  }
  if (!found || end == std::string_view::npos) return found;
  return at_path(*found, path.substr(path[end] == '.' ? end + 1 : end));
}

// Cells of one record, by the paths of the request's columns.
class RecordCells {
 public:
  explicit RecordCells(const ReadRequest& request) {
    for (const ReadColumn& column : request.columns) {
      const auto declared = std::ranges::find(request.format.declared, column.name, &DeclaredColumn::name);
      const bool renamed = declared != request.format.declared.end() && !declared->from.empty();
      paths_.push_back(renamed ? declared->from : column.name);
    }
    collects_ = request.columns.empty();
  }

  // Members of the records so far, first met first. Empty unless the request names no column.
  const std::vector<std::string>& names() const { return names_; }

  // `key` is the cell of the column `pk`, when there is one.
  void fill(RawRow& row, std::string_view record, std::optional<std::string_view> key = std::nullopt) {
    row.broken_rule = {};
    row.cells.clear();
    if (collects_) collect(record, key.has_value());
    for (const std::string& path : paths_) {
      const auto json = key && path == "pk" ? key : at_path(record, path);
      if (!json || kind_of(*json) == JsonKind::null) {
        row.cells.emplace_back();
      } else {
        row.cells.push_back({RawCell::Kind::json, {}, *json});
      }
    }
  }

 private:
  void collect(std::string_view record, bool has_key) {
    if (has_key) add("pk");
    if (kind_of(record) != JsonKind::object) return;
    JsonItems members{record};
    while (members.next()) {
      std::string name;
      append_json_text(members.key(), name);
      add(name);
    }
  }

  void add(const std::string& name) {
    if (known_.insert(name).second) names_.push_back(name);
  }

  std::vector<std::string> paths_;
  bool collects_ = false;
  std::vector<std::string> names_;
  std::set<std::string> known_;
};

std::string read_document(std::string_view text, const std::string& file) {
  std::string document;
  const auto read = canonical_json(text, document);
  if (!read.value) throw Error{Error::Kind::type, fmt::format("{} is not JSON: {}", file, read.reason)};
  return document;
}

class JsonParser : public RowParser {
 public:
  JsonParser(std::string_view text, const ReadRequest& request, const std::string& file)
      : document_{read_document(text, file)}, records_{find_records(request, file)},
        items_{kind_of(records_) == JsonKind::array ? records_ : std::string_view{"[]"}}, cells_{request} {
    single_ = kind_of(records_) == JsonKind::object;
  }

  bool next(RawRow& row) override {
    row.line = 0;
    if (single_) {
      single_ = false;
      cells_.fill(row, records_);
      return true;
    }
    if (!items_.next()) return false;
    cells_.fill(row, items_.value());
    if (kind_of(items_.value()) != JsonKind::object) {
      row.broken_rule = "json";
      row.broken = fmt::format("{} is not an object", quote_for_message(items_.value()));
    }
    return true;
  }

  std::vector<std::string> names() const override { return cells_.names(); }

 private:
  std::string_view find_records(const ReadRequest& request, const std::string& file) const {
    const auto found = at_path(document_, request.format.records);
    const JsonKind kind = found ? kind_of(*found) : JsonKind::null;
    if (kind == JsonKind::array || kind == JsonKind::object) return *found;
    const bool named = !request.format.records.empty() && request.format.records != ".";
    throw Error{Error::Kind::schema,
                named ? fmt::format("{} has no list of records at {}", file, request.format.records)
                      : fmt::format("{} holds no list of records", file),
                "records: is the path of the list, as response.results"};
  }

  std::string document_;
  std::string_view records_;
  JsonItems items_;
  RecordCells cells_;
  bool single_ = false;
};

class NdjsonParser : public RowParser {
 public:
  NdjsonParser(std::string_view text, const ReadRequest& request)
      : text_{text}, records_{request.format.records}, cells_{request} {}

  bool next(RawRow& row) override {
    std::string_view line;
    do {
      if (at_ >= text_.size()) return false;
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      line = trim_blanks(text_.substr(at_, end - at_));
      at_ = end + 1;
      ++number_;
    } while (line.empty());
    row.line = number_;
    document_.clear();
    const auto read = canonical_json(line, document_);
    std::optional<std::string_view> record;
    if (read.value) record = at_path(document_, records_);
    if (record && kind_of(*record) == JsonKind::object) {
      cells_.fill(row, *record);
      return true;
    }
    row.broken_rule = "json";
    row.broken = read.value ? "the line is not an object" : read.reason;
    return true;
  }

  std::vector<std::string> names() const override { return cells_.names(); }

 private:
  std::string_view text_;
  std::string records_;
  RecordCells cells_;
  std::string document_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
};

// [{"model": "auth.user", "pk": 1, "fields": {...}}, ...]: the rows of one model.
class DjangoParser : public RowParser {
 public:
  DjangoParser(std::string_view text, const ReadRequest& request, const std::string& file)
      : document_{read_document(text, file)}, model_{request.table},
        items_{kind_of(document_) == JsonKind::array ? std::string_view{document_} : "[]"}, cells_{request}, file_{file} {
    if (kind_of(document_) == JsonKind::array) return;
    throw Error{Error::Kind::schema, fmt::format("{} is not a Django fixture: its document is no list", file)};
  }

  bool next(RawRow& row) override {
    while (items_.next()) {
      const auto model = json_member(items_.value(), "model");
      const auto fields = json_member(items_.value(), "fields");
      if (!model || kind_of(*model) != JsonKind::text || !fields || kind_of(*fields) != JsonKind::object) {
        throw Error{Error::Kind::schema,
                    fmt::format("{} is not a Django fixture: {} has no model and fields", file_,
                                quote_for_message(items_.value()))};
      }
      std::string name;
      append_json_text(*model, name);
      if (name != model_) continue;
      row.line = 0;
      cells_.fill(row, *fields, json_member(items_.value(), "pk").value_or("null"));
      return true;
    }
    return false;
  }

  std::vector<std::string> names() const override { return cells_.names(); }

 private:
  std::string document_;
  std::string model_;
  JsonItems items_;
  RecordCells cells_;
  std::string file_;
};

}  // namespace

std::unique_ptr<RowParser> open_json(std::string_view text, const ReadRequest& request, const std::string& file) {
  return std::make_unique<JsonParser>(text, request, file);
}

std::unique_ptr<RowParser> open_ndjson(std::string_view text, const ReadRequest& request, const std::string& /*file*/) {
  return std::make_unique<NdjsonParser>(text, request);
}

std::unique_ptr<RowParser> open_django(std::string_view text, const ReadRequest& request, const std::string& file) {
  return std::make_unique<DjangoParser>(text, request, file);
}

}  // namespace etl::readers
