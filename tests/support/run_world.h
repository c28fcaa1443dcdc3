// A small world for tests of the run: plans built by hand, rows in memory, and a target that refuses and drops rows
// as it is told.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/readers/inline_reader.h"
#include "engine/rules/rule.h"
#include "engine/run/run.h"

namespace etl::run_test {

using Row = std::vector<Value>;

inline plan::NodePtr column(std::size_t index, Type type) {
  auto node = std::make_shared<plan::Node>();
  node->kind = plan::Node::Kind::column;
  node->index = index;
  node->type = type;
  return node;
}

inline plan::NodePtr constant(const Value& value) {
  auto node = std::make_shared<plan::Node>();
  node->type = type_of(value);
  node->value = value;
  return node;
}

inline plan::NodePtr call(Type type, std::vector<plan::NodePtr> arguments, converters::Kernel kernel) {
  auto node = std::make_shared<plan::Node>();
  node->kind = plan::Node::Kind::call;
  node->type = type;
  node->arguments = std::move(arguments);
  node->kernel = std::move(kernel);
  return node;
}

// table[keys] of another table.
inline plan::NodePtr reference(std::size_t table, Type type, std::vector<plan::NodePtr> keys) {
  auto node = std::make_shared<plan::Node>();
  node->kind = plan::Node::Kind::reference;
  node->index = table;
  node->type = type;
  node->arguments = std::move(keys);
  return node;
}

// One-argument functions for tests, on integers: fails where `test` gives a reason.
inline plan::NodePtr failing(plan::NodePtr argument, std::function<std::string(std::int64_t)> reason) {
  const auto kernel = [reason](std::span<const ColumnPtr> arguments, converters::KernelContext& context) {
    auto out = std::make_shared<Column>(Type::integer, context.rows);
    for (std::uint32_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row) || arguments[0]->is_null(row)) {
        out->set_null(row);
        continue;
      }
      const std::int64_t value = arguments[0]->values<std::int64_t>()[row];
      out->set(row, value);
      if (std::string why = reason(value); !why.empty()) {
        out->set_null(row);
        context.failures.push_back({row, "convert", std::move(why)});
      }
    }
    return ColumnPtr{out};
  };
  return call(Type::integer, {std::move(argument)}, kernel);
}

inline schema::Column schema_column(std::string name, Type type, bool not_null = false) {
  schema::Column column;
  column.name = std::move(name);
  column.type.type = type;
  column.not_null = not_null;
  return column;
}

// A row as it is kept: values as text, "NULL" for NULL.
using Stored = std::vector<std::string>;

// Keeps what a database keeps: unique keys at once, foreign keys at the end of each statement.
class FakeTarget : public writers::Target {
 public:
  explicit FakeTarget(schema::Catalog catalog) : catalog_{std::move(catalog)} {}

  std::map<std::string, std::vector<Stored>> rows;
  // By table and row: why it is refused, or whether a trigger drops it.
  std::function<std::string(const std::string&, const Stored&)> refuse;
  std::function<bool(const std::string&, const Stored&)> drop;
  bool miscount = false;  // Acknowledges one row less than it took.
  bool case_matters = true;
  int writes = 0;
  int finds = 0;
  bool committed = false;
  bool rolled_back = false;
  std::map<std::string, Rows> answers;  // Of query(), by SQL.
  std::vector<std::string> executed;
  std::string broken_constraint;

  schema::Dialect dialect() const override { return catalog_.dialect; }
  const schema::Catalog& catalog() override { return catalog_; }
  void begin() override { before_ = rows; }
  void create(const schema::Catalog& catalog) override { catalog_ = catalog; }
  void commit() override { committed = true; }
  void roll_back() override {
    rolled_back = true;
    rows = before_;
  }
  bool is_empty(const schema::Table& table) override { return rows[table.name].empty(); }

  std::unique_ptr<writers::TableWriter> open(const writers::WriteRequest& request) override;
  std::vector<bool> find(const schema::Table& table, std::span<const std::string> columns,
                         std::span<const ColumnPtr> keys) override {
    ++finds;
    std::vector<bool> found;
    for (std::size_t row = 0; row < keys[0]->size(); ++row)
      found.push_back(find_row(table, columns, keys, row) != nullptr);
    return found;
  }
  std::vector<ColumnPtr> fetch(const schema::Table& table, std::span<const std::string> columns,
                               std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                               std::span<const Type> types, Arena& arena) override {
    auto out = std::make_shared<Column>(types[0], keys[0]->size());
    for (std::size_t row = 0; row < keys[0]->size(); ++row) {
      const Stored* found = find_row(table, columns, keys, row);
      out->set_null(row);
      if (found == nullptr) continue;
      const std::string& text = (*found)[place(table, wanted[0])];
      out->set(row, types[0] == Type::integer ? Value{std::int64_t{std::stoll(text)}} : Value{arena.copy(text)});
    }
    return {out};
  }
  ColumnPtr make_defaults(const schema::Table&, const schema::Column&, std::size_t count, Arena&) override {
    auto out = std::make_shared<Column>(Type::integer, count);
    for (auto& value : out->values<std::int64_t>()) value = ++next_key_;
    return out;
  }
  void update(const schema::Table&, std::span<const std::string>, std::span<const ColumnPtr>, const std::string&,
              const Column&) override {}
  std::uint64_t remove(const schema::Table&, std::span<const std::string>, std::span<const ColumnPtr>) override {
    return 0;
  }
  std::string literal(const schema::Table&, const schema::Column&, const Value& value) override {
    return to_text(value);
  }
  std::uint64_t remove_where(const schema::Table& table, const writers::Condition&) override {
    return std::exchange(rows[table.name], {}).size();
  }
  void advance_sequences(const schema::Table&, std::span<const std::size_t>) override {}
  Rows query(const std::string& sql, std::span<const std::pair<std::string, Value>>, std::size_t) override {
    constexpr std::string_view kCount = "SELECT count(*) FROM \"";
    if (sql.starts_with(kCount)) {
      const std::string table = sql.substr(kCount.size(), sql.size() - kCount.size() - 1);
      return {{"count"}, {{std::to_string(rows[table].size())}}};
    }
    return answers[sql];
  }
  void prepare(const std::string&, std::span<const std::pair<std::string, Value>>) override {}
  void execute(const std::string& sql, std::span<const std::pair<std::string, Value>>) override {
    executed.push_back(sql);
  }
  std::vector<stores::SqlRow> read(const std::string&, stores::SqlParameters) override { return {}; }
  std::uint64_t change(const std::string&, stores::SqlParameters) override { return 0; }
  void script(const std::string&) override {}
  std::string check_constraints() override { return broken_constraint; }

  static std::size_t place(const schema::Table& table, const std::string& column) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].name == column) return i;
    }
    return 0;
  }
  bool same(std::string a, std::string b) const {
    if (!case_matters) {
      for (std::string* text : {&a, &b})
        std::ranges::transform(*text, text->begin(), [](char c) { return std::tolower(c); });
    }
    return a == b;
  }
  // The writer's part.
  writers::TableWriter::Result insert(const schema::Table& table, const std::vector<Stored>& sent,
                                      std::span<const std::uint32_t> numbers);

 private:
  const Stored* find_row(const schema::Table& table, std::span<const std::string> columns,
                         std::span<const ColumnPtr> keys, std::size_t row) {
    for (const Stored& stored : rows[table.name]) {
      bool equal = true;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        equal = equal && !keys[i]->is_null(row) && same(stored[place(table, columns[i])], to_text(keys[i]->at(row)));
      }
      if (equal) return &stored;
    }
    return nullptr;
  }
  bool violates_unique(const schema::Table& table, const std::vector<Stored>& all, const Stored& row) const;
  bool violates_foreign_key(const schema::Table& table, const std::vector<Stored>& all, const Stored& row);

  schema::Catalog catalog_;
  std::map<std::string, std::vector<Stored>> before_;
  std::int64_t next_key_ = 0;
};

inline bool FakeTarget::violates_unique(const schema::Table& table, const std::vector<Stored>& all,
                                        const Stored& row) const {
  return std::ranges::any_of(table.unique_keys, [&](const schema::UniqueKey& key) {
    return std::ranges::any_of(all, [&](const Stored& other) {
      return std::ranges::all_of(key.columns, [&](const std::string& name) {
        const std::size_t at = place(table, name);
        return row[at] != "NULL" && same(row[at], other[at]);
      });
    });
  });
}

inline bool FakeTarget::violates_foreign_key(const schema::Table& table, const std::vector<Stored>& all,
                                             const Stored& row) {
  return std::ranges::any_of(table.foreign_keys, [&](const schema::ForeignKey& key) {
    const schema::Table& parent = *catalog_.table(key.table);
    const auto& parents = key.table == table.name ? all : rows[key.table];
    const std::string& value = row[place(table, key.columns[0])];
    return value != "NULL" && std::ranges::none_of(parents, [&](const Stored& other) {
             return other[place(parent, key.target_columns[0])] == value;
           });
  });
}

inline writers::TableWriter::Result FakeTarget::insert(const schema::Table& table, const std::vector<Stored>& sent,
                                                       std::span<const std::uint32_t> numbers) {
  ++writes;
  writers::TableWriter::Result result;
  std::vector<Stored> all = rows[table.name];
  const std::size_t before = all.size();
  const auto refused = [&](std::string code, std::string message, bool foreign_key = false) {
    result.refusal = writers::Refusal{std::move(code), "", "", std::move(message), foreign_key};
    return result;
  };
  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (drop && drop(table.name, sent[i])) {
      result.dropped.push_back(numbers[i]);
      continue;
    }
    if (refuse) {
      if (std::string why = refuse(table.name, sent[i]); !why.empty()) return refused("23514", why);
    }
    if (violates_unique(table, all, sent[i])) return refused("23505", "violates a unique key");
    all.push_back(sent[i]);
  }
  for (std::size_t i = before; i < all.size(); ++i) {
    if (violates_foreign_key(table, all, all[i])) return refused("23503", "violates a foreign key", true);
  }
  result.written = all.size() - before - (miscount ? 1 : 0);
  rows[table.name] = std::move(all);
  return result;
}

class FakeWriter : public writers::TableWriter {
 public:
  FakeWriter(FakeTarget& target, const writers::WriteRequest& request) : target_{target}, request_{request} {}
  Result write(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> numbers) override {
    std::vector<Stored> sent;
    for (const std::uint32_t row : numbers) {
      Stored stored(request_.table->columns.size(), "NULL");
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!columns[i]->is_null(row)) stored[request_.columns[i]] = to_text(columns[i]->at(row));
      }
      sent.push_back(std::move(stored));
    }
    return target_.insert(*request_.table, sent, numbers);
  }
  Merged merge(const writers::MergeRequest& request, std::span<const ColumnPtr> columns,
               std::span<const std::uint32_t> numbers) override {
    Merged merged;
    for (const std::uint32_t row : numbers) {
      const auto text = [&](std::size_t i) { return columns[i]->is_null(row) ? "NULL" : to_text(columns[i]->at(row)); };
      auto& stored = target_.rows[request_.table->name];
      const auto met = std::ranges::find_if(stored, [&](const Stored& held) {
        return std::ranges::all_of(request.key, [&](std::size_t i) { return held[request_.columns[i]] == text(i); });
      });
      merged.outcomes.push_back(met == stored.end() ? writers::Met::missing : writers::Met::unchanged);
      for (const std::size_t i : request.set) {
        if (met == stored.end() || (*met)[request_.columns[i]] == text(i)) continue;
        (*met)[request_.columns[i]] = text(i);
        merged.outcomes.back() = writers::Met::updated;
      }
    }
    return merged;
  }
  void check(std::size_t, const Column&, Failures&) override {}

 private:
  FakeTarget& target_;
  writers::WriteRequest request_;
};

inline std::unique_ptr<writers::TableWriter> FakeTarget::open(const writers::WriteRequest& request) {
  return std::make_unique<FakeWriter>(*this, request);
}

// Sources by name, all in memory.
class FakeSource : public readers::Source {
 public:
  std::map<std::string, std::shared_ptr<readers::InlineRows>> tables;

  const schema::Catalog& catalog() override { return catalog_; }
  std::vector<readers::ReadColumn> describe(const std::string&,
                                            std::span<const std::pair<std::string, Value>>) override {
    return {};
  }
  std::unique_ptr<readers::Reader> open(const readers::ReadRequest& request, readers::BatchLimits limits) override {
    return readers::open_inline(tables.at(request.table), request, limits);
  }

 private:
  schema::Catalog catalog_;
};

// A plan whose connection 0 is the source and 1 the target.
class World : public run::Connections {
 public:
  plan::Plan plan;
  schema::Catalog catalog;
  FakeSource rows;
  std::unique_ptr<FakeTarget> fake;
  std::shared_ptr<Arena> texts = std::make_shared<Arena>();

  World() {
    plan.name = "world";
    plan.arena = texts;
    plan.settings.max_rejects = {1, true};
    plan.connections.resize(2);
    plan.connections[0].info.name = "source";
    plan.connections[1].info.name = "target";
    plan.connections[1].is_target = true;
    catalog.tables.reserve(8);  // Tables are pointed to.
  }

  // A source with integer and text columns, known by `key`.
  std::size_t add_source(const std::string& name, std::vector<readers::ReadColumn> columns,
                         std::vector<std::size_t> key = {0}) {
    plan::SourcePlan source;
    source.name = "source." + name;
    source.request.table = name;
    auto data = std::make_shared<readers::InlineRows>();
    for (const auto& column : columns) data->columns.push_back(column.name);
    source.request.columns = std::move(columns);
    source.key = std::move(key);
    source.key_is_unique = true;
    rows.tables[name] = std::move(data);
    plan.sources.push_back(std::move(source));
    return plan.sources.size() - 1;
  }
  std::vector<Row>& data(const std::string& source) { return rows.tables.at(source)->rows; }

  schema::Table& add_schema(const std::string& name, std::vector<schema::Column> columns) {
    schema::Table table;
    table.name = name;
    table.columns = std::move(columns);
    catalog.tables.push_back(std::move(table));
    return catalog.tables.back();
  }

  // Fields in order of the table's columns; a null node stands for a column that the database fills.
  plan::TablePlan& add_table(const std::string& name, std::size_t source, const schema::Table& target,
                             std::vector<plan::NodePtr> values) {
    plan::TablePlan table;
    table.name = name;
    table.source = source;
    table.connection = 1;
    table.target = &target;
    table.max_rejects = {1, true};
    table.context.table_name = name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      plan::FieldPlan field;
      field.name = target.columns[i].name;
      field.target_column = i;
      field.type = target.columns[i].type.type;
      field.required = target.columns[i].not_null;
      field.value = std::move(values[i]);
      if (field.value && field.value->kind == plan::Node::Kind::column) field.reads = {field.value->index};
      table.fields.push_back(std::move(field));
    }
    plan.tables.push_back(std::move(table));
    return plan.tables.back();
  }

  Value text(std::string_view value) { return texts->copy(value); }

  readers::Source& source(std::size_t) override { return rows; }
  writers::Target& target(std::size_t) override { return target(); }
  FakeTarget& target() {
    if (!fake) fake = std::make_unique<FakeTarget>(catalog);
    return *fake;
  }

  report::Report run(std::size_t batch = 10'000) {
    run::RunOptions options;
    options.batch = batch;
    options.keep_rejects = 1'000'000;
    options.run_id = Uuid{};
    return run::run(plan, *this, options);
  }
};

using Lines = std::vector<std::string>;

// No number of rejects fails the run.
inline void allow_all(World& world) {
  for (auto& table : world.plan.tables) table.max_rejects = {100, true};
}

// "users id=7 email key: email 'a' is already in users".
inline Lines rejects(const report::Report& report) {
  std::vector<std::string> out;
  for (const report::Table& table : report.tables) {
    for (const report::Reject& reject : table.rejects) {
      out.push_back(table.name + " " + reject.position + " " + reject.field + " " + reject.rule + ": " + reject.reason);
    }
  }
  return out;
}

inline std::string failure(const report::Report& report) { return report.failure ? report.failure->message : ""; }

}  // namespace etl::run_test
