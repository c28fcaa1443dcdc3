// The report: text for people, JSON for programs, a private folder.
#include "engine/report/report.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/secret.h"

namespace etl::report {

namespace {

Report sample() {
  Report report;
  report.mapping = "shop";
  report.path = "mappings/shop.yaml";
  report.state = State::done_with_rejects;
  report.started = Instant{0};
  report.ended = Instant{12 * kMicrosPerSecond};
  report.seconds = 12;
  report.peak_memory = 64 << 20;
  Table users;
  users.name = "users";
  users.complete = true;
  users.allowed = "1%";
  users.counts = {.read = 1'234'567, .filtered = 67, .inserted = 1'234'400, .skipped = 40, .rejected = 60};
  users.seconds = 10;
  users.reasons[{"email", "format"}] = 55;
  users.reasons[{"", "check"}] = 5;
  users.errors[static_cast<std::size_t>(Error::Kind::validation)] = 60;
  users.rejects = {{"id=17", "email", "format", "'ana@mail' is not an email", R"({"id":17,"email":"ana@mail"})"}};
  users.rejects_file = "rejects/users.csv";
  users.warned = {{"weight", "max: 10", 3, {"id=5: 12 is above 10"}}};
  users.tried = {{"age", 8}};
  Table orders;
  orders.name = "orders";
  orders.complete = true;
  orders.allowed = "0";
  orders.counts = {.read = 10, .inserted = 10};
  report.tables = {users, orders};
  report.checks = {{"every user has a profile", Check::Result::warned, "3 rows, first 6f1c"}};
  return report;
}

}  // namespace

TEST_CASE("report: the summary can be read at a glance") {
  const std::string text = to_text(sample());
  CHECK(text.starts_with("shop: done with rejects\n"));
  CHECK(text.find("1,234,567") != std::string::npos);
  CHECK(
      text.find("users: 60 of 1,234,567 rows rejected (0.00%), max_rejects is 1%; all of them in rejects/users.csv") !=
      std::string::npos);
  CHECK(text.find("id=17: email [format] 'ana@mail' is not an email") != std::string::npos);
  CHECK(text.find("users.weight: max: 10, 3 rows") != std::string::npos);
  CHECK(text.find("users.age: try() replaced 8 values") != std::string::npos);
  CHECK(text.find("warning every user has a profile: 3 rows, first 6f1c") != std::string::npos);
  CHECK(text.find("updated") == std::string::npos);              // Columns without a number are left out.
  CHECK(text.find("success rate 99.99%") != std::string::npos);  // Never rounded to all.
}

TEST_CASE("report: columns of the summary are aligned") {
  std::istringstream lines{to_text(sample())};
  std::string line;
  std::size_t header = 0;
  while (std::getline(lines, line)) {
    if (line.starts_with("table ")) header = line.size();
    if (line.starts_with("users ") || line.starts_with("orders ") || line.starts_with("all tables ")) {
      CHECK(line.size() == header);
    }
  }
  CHECK(header > 0);
}

TEST_CASE("report: the JSON is valid and holds the contract") {
  Report report = sample();
  report.failure = Failure{Error::Kind::connection, "cannot reach \"db\"\n", ""};
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json["version"] == 1);
  CHECK(json["mapping"] == "shop");
  CHECK(json["state"] == "done with rejects");
  CHECK(json["started"] == "2000-01-01T00:00:00Z");
  CHECK(json["migration_id"] == "00000000-0000-0000-0000-000000000000");
  CHECK(json["counts"]["inserted"] == 1'234'410);
  CHECK(json["errors"]["validation"] == 60);
  CHECK(json["errors"]["connection"] == 1);
  CHECK(json["failure"]["message"] == "cannot reach \"db\"\n");
  CHECK(json["tables"][0]["first_rejects"][0]["position"] == "id=17");
  CHECK(json["tables"][0]["reasons"].size() == 2);
  CHECK(json["tables"][1]["first_rejects"].empty());
  CHECK(json["checks"][0]["result"] == "warned");
  CHECK(json["peak_memory_bytes"] == (64 << 20));
}

TEST_CASE("report: the folder and its files are for their owner alone, names cannot lead elsewhere") {
  const std::string base = "/tmp/etl_report_test_" + std::to_string(::getpid());
  Report report = sample();
  report.folder = make_folder(base, "../shop", Instant{0}, report.run_id);
  CHECK(report.folder == base + "/___shop-20000101T000000Z-00000000");
  write(report);
  for (const char* name : {"", "/rejects", "/summary.txt", "/report.json"}) {
    struct stat status {};
    REQUIRE(::stat((report.folder + name).c_str(), &status) == 0);
    CHECK((status.st_mode & 077) == 0);
  }
  std::filesystem::remove_all(base);
  CHECK_THROWS_AS(make_folder("/proc/nowhere", "x", Instant{0}, report.run_id), Error);
}

TEST_CASE("report: a secret is never printed") {
  register_secret("hunter\"22");
  Report report = sample();
  report.failure = Failure{Error::Kind::connection, "no entry for hunter\"22", ""};
  CHECK(to_text(report).find("hunter") == std::string::npos);
  CHECK(to_json(report).find("hunter") == std::string::npos);
}

TEST_CASE("report: rules are counted under the categories of errors") {
  CHECK(category("type") == Error::Kind::type);
  CHECK(category("encoding") == Error::Kind::type);
  CHECK(category("convert") == Error::Kind::type);
  CHECK(category("database") == Error::Kind::insertion);
  CHECK(category("parent") == Error::Kind::validation);
  CHECK(category("precision") == Error::Kind::validation);
}

}  // namespace etl::report
