// Tables that refer to themselves, and the law that a batch's size changes nothing.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

#include "tests/support/run_world.h"

namespace etl::run_test {

namespace {

enum class Link : std::uint8_t { foreign_key, recomputed, stored };

// nodes(id, parent_id -> nodes, name unique): parents may come before or after their children.
struct Tree : World {
  explicit Tree(Link link) {
    const auto source = add_source("nodes", {{"id", Type::integer}, {"parent", Type::integer}, {"name", Type::text}});
    auto& table = add_schema("nodes", {schema_column("id", Type::integer, true),
                                       schema_column("parent_id", Type::integer), schema_column("name", Type::text)});
    table.unique_keys = {{.name = "pk", .columns = {"id"}, .primary = true}, {.name = "names", .columns = {"name"}}};
    schema::ForeignKey key;
    key.columns = {"parent_id"};
    key.table = "nodes";
    key.target_columns = {"id"};
    table.foreign_keys = {key};
    auto& plan =
        add_table("nodes", source, table, {column(0, Type::integer), column(1, Type::integer), column(2, Type::text)});
    plan.unique = {{.name = "pk", .fields = {0}, .primary = true, .from_schema = true, .implied = true},
                   {.name = "names", .fields = {2}, .from_schema = true}};
    if (link == Link::foreign_key) {
      plan.foreign_keys = {
          {.name = "fk", .fields = {1}, .table = "nodes", .target = &table, .target_columns = {"id"}, .parent = 0}};
      return;
    }
    plan.fields[1].value = nullptr;
    plan.fields[1].self_reference = {column(1, Type::integer)};
    plan.is_referenced = true;
    plan.source_key_types = {Type::integer};
    if (link == Link::recomputed) {
      plan.recompute_key = column(0, Type::integer);
    } else {  // The database makes the keys.
      plan.fields[0].value = nullptr;
      plan.fields[0].from_default = true;
      plan.fields[0].required = false;
    }
  }
  void node(std::int64_t id, std::optional<std::int64_t> parent, std::string_view name = "") {
    data("nodes").push_back(
        {id, parent ? Value{*parent} : Value{}, text(name.empty() ? fmt::format("n{}", id) : std::string{name})});
  }
};

constexpr Link kLinks[] = {Link::foreign_key, Link::recomputed, Link::stored};

std::string rule_of(Link link) { return link == Link::foreign_key ? "exists" : "parent"; }

}  // namespace

TEST_CASE("run: parents may come after their children, point at themselves and form rings") {
  for (const Link link : kLinks) {
    for (const std::size_t batch : {1, 2, 100}) {
      CAPTURE(static_cast<int>(link));
      CAPTURE(batch);
      Tree tree{link};
      tree.node(1, 2);
      tree.node(2, 3);
      tree.node(3, std::nullopt);
      tree.node(4, 4);
      tree.node(5, 6);
      tree.node(6, 5);
      tree.node(7, 6);
      const auto report = tree.run(batch);
      CHECK(failure(report) == "");
      CHECK(report.tables[0].counts.inserted == 7);
      // Every parent is named as the table holds it.
      std::map<std::string, std::string> name_of;
      for (const Stored& row : tree.target().rows["nodes"]) name_of[row[0]] = row[2];
      std::map<std::string, std::string> parent_of;
      for (const Stored& row : tree.target().rows["nodes"]) parent_of[row[2]] = row[1] == "NULL" ? "" : name_of[row[1]];
      CHECK(parent_of ==
            std::map<std::string, std::string>{
                {"n1", "n2"}, {"n2", "n3"}, {"n3", ""}, {"n4", "n4"}, {"n5", "n6"}, {"n6", "n5"}, {"n7", "n6"}});
    }
  }
}

TEST_CASE("run: rows whose parents never come are rejected, and those that refer to them") {
  for (const Link link : kLinks) {
    for (const std::size_t batch : {1, 2, 100}) {
      CAPTURE(static_cast<int>(link));
      CAPTURE(batch);
      Tree tree{link};
      tree.node(1, 2);
      tree.node(2, 9);
      tree.node(3, 8, "n4");
      tree.node(4, std::nullopt);
      tree.node(5, std::nullopt, "n4");
      tree.node(6, 5);
      allow_all(tree);
      const auto report = tree.run(batch);
      CHECK(report.tables[0].counts.rejected == 6);
      CHECK(report.tables[0].counts.inserted == 0);
      std::vector<std::string> short_lines;
      for (const auto& reject : report.tables[0].rejects) short_lines.push_back(reject.position + " " + reject.rule);
      const std::string rule = rule_of(link);
      // Row 4 met the name of row 3, which was still held; those that were held come last.
      CHECK(short_lines ==
            Lines{"id=4 key", "id=5 key", "id=1 " + rule, "id=2 " + rule, "id=3 " + rule, "id=6 " + rule});
    }
  }
}

TEST_CASE("run: a rejected row is also told that its parent never came") {
  for (const std::size_t batch : {1, 100}) {
    Tree tree{Link::recomputed};
    tree.node(1, std::nullopt, "a");
    tree.node(2, 9, "a");
    tree.node(3, 4, "a");
    tree.node(4, std::nullopt);
    allow_all(tree);
    CHECK(rejects(tree.run(batch)) == Lines{"nodes id=2 parent_id parent: nodes has no row for '9'",
                                            "nodes id=2 name key: name 'a' is already in nodes",
                                            "nodes id=3 name key: name 'a' is already in nodes"});
  }
}

TEST_CASE("run: held rows beyond settings.memory end the run with the remedy") {
  Tree tree{Link::foreign_key};
  for (int i = 1; i < 2'000; ++i) tree.node(i, i + 1);
  tree.plan.settings.memory = 20'000;
  const auto report = tree.run();
  CHECK(failure(report).find("rows refer to rows that come later") != std::string::npos);
  CHECK(report.failure->remedy.find("order:") != std::string::npos);
}

TEST_CASE("run: a long chain of held rows needs no deep stack") {
  Tree tree{Link::recomputed};
  for (int i = 0; i < 1'500; ++i) tree.node(i, i + 1);
  tree.node(1'500, std::nullopt);
  const auto report = tree.run(1'000);
  CHECK(failure(report) == "");
  CHECK(report.tables[0].counts.inserted == 1'501);
}

// The law: what is written and what is rejected does not depend on the size of a batch.
TEST_CASE("run: rejects and rows are the same for every batch size, whatever the target refuses and drops") {
  const auto digest = [](std::string_view text) {
    std::uint64_t sum = 1469598103934665603ULL;
    for (const char letter : text) sum = (sum ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
    return sum;
  };
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto up_to = [&random](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const Link link = kLinks[up_to(3)];
    const bool skip = up_to(2) == 0;
    const bool drops = up_to(2) == 0;
    const bool refuses = up_to(3) > 0;
    const bool filled = up_to(3) == 0;
    const int rows = 5 + up_to(40);
    const int names = 3 + up_to(2 * rows);
    struct Made {
      std::int64_t id;
      std::optional<std::int64_t> parent;
      std::string name;
    };
    std::vector<Made> made;
    for (int i = 0; i < rows; ++i) {
      std::optional<std::int64_t> parent;
      if (up_to(3) > 0) parent = up_to(rows + 2);
      made.push_back({i, parent, fmt::format("name{}", up_to(names))});
    }
    const auto outcome = [&](std::size_t batch) {
      Tree tree{link};
      if (drops) tree.catalog.tables[0].triggers = {"BEFORE INSERT t"};
      if (skip) {
        tree.plan.tables[0].on_conflict = spec::OnConflict::skip;
        tree.plan.tables[0].unique[1].is_key = true;
        std::swap(tree.plan.tables[0].unique[0], tree.plan.tables[0].unique[1]);
      }
      for (const Made& row : made) tree.node(row.id, row.parent, row.name);
      allow_all(tree);
      if (filled) tree.target().rows["nodes"] = {{"1000", "NULL", "name1"}, {"3", "NULL", "elsewhere"}};
      tree.target().refuse = [&](const std::string&, const Stored& row) {
        return refuses && digest(row[2] + (link == Link::stored ? "" : row[0])) % 7 == 0 ? std::string{"refused"}
                                                                                         : std::string{};
      };
      tree.target().drop = [&](const std::string&, const Stored& row) {
        return drops && digest("d" + row[2]) % 6 == 0;
      };
      const auto report = tree.run(batch);
      Lines out = rejects(report);
      out.push_back(failure(report));
      out.push_back(std::to_string(report.tables[0].counts.skipped));
      for (const Stored& row : tree.target().rows["nodes"]) {
        out.push_back(fmt::format("{} {} {}", row[0], row[1], row[2]));
      }
      return out;
    };
    const std::string by_row = fmt::format("{}", fmt::join(outcome(1), "\n"));
    CHECK(fmt::format("{}", fmt::join(outcome(2), "\n")) == by_row);
    CHECK(fmt::format("{}", fmt::join(outcome(7), "\n")) == by_row);
    CHECK(fmt::format("{}", fmt::join(outcome(10'000), "\n")) == by_row);
    CHECK(by_row.find("rows were read, but") == std::string::npos);
  }
}

}  // namespace etl::run_test
