#include "engine/run/mapping_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "engine/plan/literal.h"
#include "engine/readers/inline_reader.h"
#include "engine/readers/text_reader.h"
#include "engine/rules/rule.h"
#include "engine/run/present.h"
#include "engine/run/run.h"
#include "engine/writers/memory_target.h"

namespace etl::run {

namespace {

using spec::Literal;

// 2000-01-01T00:00:00Z, now() of a test that does not say otherwise.
constexpr Instant kTestStart{0};
constexpr std::uint64_t kTestSeed = 1;

// One `given` entry, still as written: rows, or a text in the source's own format.
struct Given {
  const std::vector<Literal>* rows = nullptr;
  const std::string* text = nullptr;
};

// Sources that hold the given rows; a source that nothing is given for is empty.
class GivenSource : public readers::Source {
 public:
  GivenSource(const std::map<std::string, Given>& given, const converters::RunContext& run)
      : given_{given}, run_{run} {}

  const schema::Catalog& catalog() override { return catalog_; }

  std::vector<readers::ReadColumn> describe(const std::string& /*query*/,
                                            std::span<const std::pair<std::string, Value>> /*parameters*/) override {
    return {};
  }

  std::unique_ptr<readers::Reader> open(const readers::ReadRequest& request, readers::BatchLimits limits) override {
    const auto found = given_.find(request.name);
    if (found != given_.end() && found->second.text != nullptr) {
      return readers::open_text(*found->second.text, request.name, request, limits);
    }
    auto rows = std::make_shared<readers::InlineRows>();
    rows->arena = std::make_shared<Arena>();
    for (const readers::ReadColumn& column : request.columns) rows->columns.push_back(column.name);
    if (found != given_.end()) {
      for (const Literal& row : *found->second.rows) rows->rows.push_back(cells(row, request, *rows->arena));
    }
    return readers::open_inline(std::move(rows), request, limits);
  }

 private:
  std::vector<Value> cells(const Literal& row, const readers::ReadRequest& request, Arena& arena) const {
    std::vector<Value> values(request.columns.size());
    for (const auto& [name, literal] : row.members) {
      for (std::size_t i = 0; i < request.columns.size(); ++i) {
        if (request.columns[i].name == name.value) values[i] = cell(literal, request.columns[i].type, arena);
      }
    }
    return values;
  }

  // Texts stay texts, so that the reader judges them as it would judge a cell; only `any` looks at the literal.
  Value cell(const Literal& literal, Type type, Arena& arena) const {
    if (literal.kind == Literal::Kind::scalar && type != Type::any) return arena.copy(literal.text);
    const auto read = plan::read_literal(literal, literal.kind == Literal::Kind::scalar ? Type::any : type, run_, arena);
    if (read.value) return *read.value;
    return {};
  }

  const std::map<std::string, Given>& given_;
  const converters::RunContext& run_;
  schema::Catalog catalog_;
};

class TestConnections : public Connections {
 public:
  TestConnections(const plan::Plan& plan, const std::map<std::string, Given>& given)
      : plan_{plan}, source_{given, plan.tables.front().context} {
    targets_.resize(plan.connections.size());
  }
  readers::Source& source(std::size_t /*connection*/) override { return source_; }
  writers::Target& target(std::size_t connection) override { return memory(connection); }
  writers::MemoryTarget& memory(std::size_t connection) {
    auto& target = targets_[connection];
    if (!target) target = std::make_unique<writers::MemoryTarget>(catalog(connection));
    return *target;
  }

 private:
  const schema::Catalog& catalog(std::size_t connection) const {
    static const schema::Catalog none;
    return plan_.connections[connection].ddl ? *plan_.connections[connection].ddl : none;
  }

  const plan::Plan& plan_;
  GivenSource source_;
  std::vector<std::unique_ptr<writers::MemoryTarget>> targets_;
};

std::string shown(const Literal& literal) {
  if (literal.kind == Literal::Kind::scalar) return literal.text;
  std::string json;
  plan::append_json(literal, json);
  return json;
}

std::string shown(const Value& value) { return is_null(value) ? "null" : quote_for_message(to_text(value)); }

// Compares one test's outcome with what it expects.
class Comparison {
 public:
  Comparison(const plan::Plan& plan, TestConnections& connections, const report::Report& report, Instant judged_at)
      : plan_{plan}, connections_{connections}, report_{report},
        present_{present_at(judged_at, plan.tables.front().context)} {}

  // Where rows are missing, what was rejected is most likely why.
  void name_rejects(const std::string& table_name) {
    for (const report::Table& table : report_.tables) {
      if (table.name != table_name) continue;
      for (const report::Reject& reject : table.rejects) {
        differences_.push_back(fmt::format("{}: rejected: {}: {}: {} ({})", table_name, reject.field, reject.rule,
                                           reject.reason, reject.position));
      }
    }
  }

  void expect_rows(const std::string& table_name, const Literal& expected) {
    const auto table = std::ranges::find(plan_.tables, table_name, &plan::TablePlan::name);
    if (table == plan_.tables.end()) {
      differences_.push_back(fmt::format("the mapping has no table {}", table_name));
      return;
    }
    if (!table->target) {
      differences_.push_back(fmt::format("{}: its target has no schema to test with", table_name));
      return;
    }
    const auto& rows = connections_.memory(table->connection).rows(table->target->name);
    if (rows.size() != expected.items.size()) {
      differences_.push_back(fmt::format("{}: expected {} rows, got {}", table_name, expected.items.size(), rows.size()));
      name_rejects(table_name);
    }
    for (std::size_t i = 0; i < std::min(rows.size(), expected.items.size()); ++i) {
      const std::string where = fmt::format("{} row {}", table_name, i + 1);
      for (const auto& [column, literal] : expected.items[i].members) {
        expect_cell(*table, where, rows[i], column.value, literal);
      }
      if (!cells_.empty()) differences_.push_back(where + beside());
    }
    for (std::size_t i = rows.size(); i < expected.items.size(); ++i) {
      differences_.push_back(fmt::format("{} row {}: expected {}, got none", table_name, i + 1, shown(expected.items[i])));
    }
    for (std::size_t i = expected.items.size(); i < rows.size(); ++i) {
      differences_.push_back(fmt::format("{} row {}: not expected: {}", table_name, i + 1, shown_row(*table, rows[i])));
    }
  }

  void expect_rejects(const Literal& expected) {
    std::vector<std::string> got;
    for (const report::Table& table : report_.tables) {
      for (const report::Reject& reject : table.rejects) {
        got.push_back(fmt::format("{}.{}: {}: {} ({})", table.name, reject.field, reject.rule, reject.reason, reject.position));
        keys_.push_back({table.name, reject.field, reject.rule});
      }
    }
    if (report_.stop) {  // The last word of a run.
      got.push_back(report_.failure->message);
      keys_.push_back({report_.stop->table, report_.stop->field, "abort"});
    }
    const std::size_t count = std::max(got.size(), expected.items.size());
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= got.size()) {
        differences_.push_back(fmt::format("reject {}: expected {}, got none", i + 1, shown(expected.items[i])));
      } else if (i >= expected.items.size()) {
        differences_.push_back(fmt::format("reject {}: not expected: {}", i + 1, got[i]));
      } else if (!matches(expected.items[i], keys_[i])) {
        differences_.push_back(fmt::format("reject {}: expected {}, got {}", i + 1, shown(expected.items[i]), got[i]));
      }
    }
  }

  std::vector<std::string> take() { return std::move(differences_); }

 private:
  struct Key {
    std::string table, field, rule;
  };
  // A column of one row that differs.
  struct Cell {
    std::string column, expected, got;
  };

  // The cells that differ, expected beside got, and none left.
  std::string beside() {
    cells_.insert(cells_.begin(), Cell{"", "expected", "got"});
    std::size_t columns = 0;
    std::size_t expected = 0;
    for (const Cell& cell : cells_) {
      columns = std::max(columns, count_characters(cell.column));
      expected = std::max(expected, count_characters(cell.expected));
    }
    const auto padded = [](const std::string& text, std::size_t width) {
      return text + std::string(width - count_characters(text), ' ');
    };
    std::string text;
    for (const Cell& cell : cells_) {
      text += fmt::format("\n  {}  {}  {}", padded(cell.column, columns), padded(cell.expected, expected), cell.got);
    }
    cells_.clear();
    return text;
  }

  // The columns that hold something: "{id: '1', name: 'Ada'}".
  static std::string shown_row(const plan::TablePlan& table, const std::vector<Value>& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (is_null(row[i])) continue;
      text += fmt::format("{}{}: {}", text.empty() ? "{" : ", ", table.target->columns[i].name, shown(row[i]));
    }
    return text.empty() ? "{}" : text + "}";
  }

  static bool matches(const Literal& expected, const Key& key) {
    return std::ranges::all_of(expected.members, [&](const auto& member) {
      const std::string& name = member.name.value;
      const std::string& wanted = member.value.text;
      if (name == "table") return wanted == key.table;
      if (name == "field") return wanted == key.field;
      return name == "rule" && wanted == key.rule;
    });
  }

  void expect_cell(const plan::TablePlan& table, const std::string& where, const std::vector<Value>& row,
                   const std::string& name, const Literal& expected) {
    const schema::Column* column = table.target->column(name);
    if (!column) {
      differences_.push_back(fmt::format("{}: there is no column {}", where, name));
      return;
    }
    const Value& got = row[static_cast<std::size_t>(column - table.target->columns.data())];
    const Type type = column->type.type;
    const bool document = TypeSet{Type::json, Type::list, Type::any}.has(type);
    if (expected.kind == Literal::Kind::map && !document) {
      expect_rules(where, name, got, type, expected);
      return;
    }
    const auto wanted = plan::read_literal(expected, type, table.context, arena_);
    if (!wanted.value) {
      differences_.push_back(fmt::format("{}, {}: {}", where, name, wanted.problem));
    } else if (is_null(*wanted.value) != is_null(got) || (!is_null(got) && to_text(*wanted.value) != to_text(got) &&
                                                         !(compare(*wanted.value, got) == 0))) {
      cells_.push_back({name, shown(*wanted.value), shown(got)});
    }
  }

  // A block of rules matches instead of being equal.
  void expect_rules(const std::string& where, const std::string& name, const Value& got, Type type,
                    const Literal& expected) {
    for (const auto& [rule_name, literal] : expected.members) {
      const rules::Rule* rule = rules::rule_named(rule_name.value);
      if (!rule || !rule->bind) {
        differences_.push_back(fmt::format("{}, {}: {} is no rule that a test can use", where, name, rule_name.value));
        continue;
      }
      rules::Use use;
      use.type = type;
      use.text = literal.text;
      const bool typed = rule->argument == rules::Argument::value;
      const auto value = plan::read_literal(literal, typed ? type : Type::any, plan_.tables.front().context, arena_);
      if (value.value) use.value = *value.value;
      for (const Literal& item : literal.items) {
        const auto read = plan::read_literal(item, type, plan_.tables.front().context, arena_);
        if (read.value) use.values.push_back(*read.value);
      }
      Column column{type, 1};
      column.set(0, got);
      Failures failures;
      rule->bind(use)(column, present_, failures);
      const std::string wanted = fmt::format("{}: {}", rule_name.value, shown(literal));
      if (is_null(got)) cells_.push_back({name, wanted, "null"});
      for (const Failure& failure : failures) {
        cells_.push_back({name, wanted, failure.reason});
      }
    }
  }

  const plan::Plan& plan_;
  TestConnections& connections_;
  const report::Report& report_;
  rules::Present present_;  // What a rule in place of a value compares with.
  Arena arena_;
  std::vector<Key> keys_;
  std::vector<Cell> cells_;
  std::vector<std::string> differences_;
};

Instant start_of(const spec::TestSpec& test, std::vector<std::string>& differences) {
  if (!test.now) return kTestStart;
  const auto parsed = parse_timestamp_with_offset(test.now->text);
  if (!parsed.value) {
    differences.push_back(fmt::format("now: {}", parsed.reason));
    return kTestStart;
  }
  return {parsed.value->local.micros - parsed.value->offset_micros.value_or(0)};
}

// Whether the mapping reads a source of this name, as written or with the default connection before it.
const plan::SourcePlan* source_named(const plan::Plan& plan, const std::string& name) {
  for (const plan::SourcePlan& source : plan.sources) {
    if (source.name == name || source.name == "source." + name) return &source;
  }
  return nullptr;
}

// The table of the mapping that writes the target table of this name.
const plan::TablePlan* writer_named(const plan::Plan& plan, const std::string& name) {
  for (const plan::TablePlan& table : plan.tables) {
    const std::string& connection = plan.connections[table.connection].info.name;
    if (table.target && connection + "." + table.target->name == name) return &table;
  }
  return nullptr;
}

// Rows that the target holds before the run.
void add_rows_before(const plan::TablePlan& table, const std::vector<Literal>& rows, writers::MemoryTarget& target,
                     std::vector<std::string>& differences) {
  Arena arena;
  for (const Literal& literal : rows) {
    writers::MemoryTarget::Row row(table.target->columns.size());
    for (const auto& [name, cell] : literal.members) {
      const schema::Column* column = table.target->column(name.value);
      if (!column) {
        differences.push_back(fmt::format("given: {} has no column {}", table.target->name, name.value));
        continue;
      }
      const auto read = plan::read_literal(cell, column->type.type, table.context, arena);
      if (read.value) {
        row[static_cast<std::size_t>(column - table.target->columns.data())] = *read.value;
      } else {
        differences.push_back(fmt::format("given: {}.{}: {}", table.target->name, name.value, read.problem));
      }
    }
    target.add(table.target->name, row);
  }
}

Instant system_time() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return {kUnixEpochMicros + std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count()};
}

// Tables that the mapping does not write have no rows in a test: references to them cannot be judged there.
void forget_other_tables(plan::Plan& plan) {
  for (plan::TablePlan& table : plan.tables) {
    std::erase_if(table.foreign_keys, [](const plan::ForeignKeyPlan& key) { return !key.parent; });
  }
}

TestResult run_test(const spec::Mapping& mapping, const plan::Schemas& schemas, const spec::TestSpec& test,
                    Diagnostics& diagnostics, Coverage* coverage) {
  TestResult result{.name = test.name.value, .at = test.name.at, .differences = {}};
  spec::Mapping with_params = mapping;
  for (const auto& [name, literal] : test.params) with_params.param_values[name.value] = literal;
  Diagnostics found;
  auto plan = plan::compile(with_params, schemas, {.lint = false, .test = true}, found);
  if (!plan) {
    result.differences.emplace_back("the mapping has errors");
    for (const Diagnostic& diagnostic : found.sorted()) {
      if (diagnostic.severity() == Severity::error) {
        diagnostics.add(diagnostic.code, diagnostic.at, diagnostic.message, diagnostic.help);
      }
    }
    return result;
  }
  std::map<std::string, Given> given;
  std::vector<std::pair<const plan::TablePlan*, const std::vector<Literal>*>> before;
  for (const spec::TestSpec::Given& entry : test.given) {
    const plan::SourcePlan* source = source_named(*plan, entry.source.value);
    const plan::TablePlan* table = entry.rows ? writer_named(*plan, entry.source.value) : nullptr;
    if (table) before.emplace_back(table, &entry.rows->items);
    if (!source && table) continue;
    if (!source) {
      result.differences.push_back(fmt::format("given: no table reads {}", entry.source.value));
    } else if (entry.rows) {
      given[source->name].rows = &entry.rows->items;
    } else if (source->request.format.format == readers::Format::none) {
      result.differences.push_back(fmt::format("given: {} is not a file: write rows", entry.source.value));
    } else {
      given[source->name].text = &entry.text->value;
    }
  }
  if (!result.differences.empty() || plan->tables.empty()) return result;
  forget_other_tables(*plan);
  if (coverage) coverage->watch(*plan);
  TestConnections connections{*plan, given};
  for (const auto& [table, rows] : before) {
    add_rows_before(*table, *rows, connections.memory(table->connection), result.differences);
  }
  RunOptions options;
  options.started = start_of(test, result.differences);
  if (!test.now) options.judged_at = system_time();
  options.run_id = Uuid{};
  options.random_seed = kTestSeed;
  options.keep_rejects = 100'000;
  options.thresholds = false;
  const report::Report report = run(*plan, connections, options);
  const bool stop_is_compared = report.stop && test.rejects;
  if (report.failure && !stop_is_compared) result.differences.push_back(report.failure->message);
  if (coverage) coverage->add(test, report);
  Comparison comparison{*plan, connections, report, options.judged_at.value_or(options.started)};
  for (const auto& [table, rows] : test.expect) comparison.expect_rows(table.value, rows);
  if (test.rejects) comparison.expect_rejects(*test.rejects);
  std::ranges::move(comparison.take(), std::back_inserter(result.differences));
  return result;
}

}  // namespace

std::vector<TestResult> run_tests(const spec::Mapping& mapping, const plan::Schemas& schemas, Diagnostics& diagnostics,
                                  Coverage* coverage) {
  std::vector<TestResult> results;
  for (const spec::TestSpec& test : mapping.tests) {
    results.push_back(run_test(mapping, schemas, test, diagnostics, coverage));
  }
  return results;
}

}  // namespace etl::run
