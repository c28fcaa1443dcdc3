// etl backup and etl restore, as an operator would use them on a bad night.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/command.h"
#include "tests/support/database.h"
#include "tests/support/scratch.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMapping = R"(version: 1
name: shop
connections:
  source: sqlite:gone.db
  target: "${TARGET_URL}"
tables:
  users: {from: source.users, rest: copy}
  orders: {from: source.orders, rest: copy}
  log: {from: source.log, rest: copy}
)";

constexpr const char* kSchema =
    "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL UNIQUE, note text);"
    "CREATE TABLE orders (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
    " total numeric(8,2));"
    "CREATE TABLE log (line text, n integer);"
    "CREATE TABLE visits (id integer PRIMARY KEY, user_id integer REFERENCES users (id) ON DELETE CASCADE);"
    "INSERT INTO users VALUES (1, 'ana@x.co', E'two\\nlines'), (2, 'bo@x.co', NULL), (3, 'cy@x.co', '');"
    "INSERT INTO orders VALUES (10, 1, 9.50), (11, 2, 0.00);"
    "INSERT INTO log VALUES ('a', 1), ('a', 1), (NULL, 2);";

// What a run that went wrong, and its users, did afterwards.
constexpr const char* kDamage =
    "DELETE FROM orders WHERE id = 11; UPDATE orders SET total = 1 WHERE id = 10;"
    "DELETE FROM users WHERE id = 2; UPDATE users SET note = 'spoilt' WHERE id = 1;"
    "INSERT INTO users VALUES (4, 'bo@x.co', 'took the address of bo');"
    "INSERT INTO orders VALUES (12, 4, 5.00); DELETE FROM log WHERE n = 2; INSERT INTO log VALUES ('a', 1);";

std::string for_dialect(const TestTarget& target, std::string sql) {
  if (target.dialect() == "sqlite") {
    const std::size_t at = sql.find("E'two\\nlines'");
    if (at != std::string::npos) sql.replace(at, 13, "'two' || char(10) || 'lines'");
  }
  return sql;
}

Finished etl(const fs::path& folder, const TestTarget& target, std::vector<std::string> arguments) {
  return run_etl(std::move(arguments), folder, {{"TARGET_URL", target.url()}});
}

// Folder, target with rows, and a backup of it in "kept".
template <class Use>
void with_backup(Use use) {
  Scratch scratch;
  write_whole(scratch.path() / "shop.yaml", kMapping);
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    fs::remove_all(scratch.path() / "kept");
    target->execute(for_dialect(*target, kSchema));
    const Finished backup = etl(scratch.path(), *target, {"backup", "shop.yaml", "--out", "kept"});
    CAPTURE(backup.err);
    REQUIRE(backup.exit == 0);
    CHECK(backup.out.find("8 rows") != std::string::npos);
    use(scratch.path(), *target);
  }
}

}  // namespace

TEST_CASE("backup: a restore gives back every row, and touches no other") {
  with_backup([](const fs::path& folder, TestTarget& target) {
    const std::string before = dump(target);
    target.execute(kDamage);
    CHECK(dump(target) != before);
    const Finished dry = etl(folder, target, {"restore", "shop.yaml", "--from", "kept", "--dry-run"});
    CAPTURE(dry.err);
    CHECK(dry.exit == 0);
    CHECK(dump(target) != before);
    const Finished restore = etl(folder, target, {"restore", "shop.yaml", "--from", "kept"});
    CAPTURE(restore.err);
    CHECK(restore.exit == 0);
    CHECK(dump(target) == before);
  });
}

TEST_CASE("backup: the newest one is found by itself; its files are private") {
  with_backup([](const fs::path& folder, TestTarget& target) {
    fs::remove_all(folder / "reports");
    const std::string before = dump(target);
    REQUIRE(etl(folder, target, {"backup", "shop.yaml"}).exit == 0);
    for (const auto& entry : fs::recursive_directory_iterator{folder / "reports"}) {
      struct stat status {};
      REQUIRE(::stat(entry.path().c_str(), &status) == 0);
      CHECK((status.st_mode & 077) == 0);
    }
    target.execute("UPDATE users SET note = 'spoilt'");
    CHECK(etl(folder, target, {"restore", "shop.yaml"}).exit == 0);
    CHECK(dump(target) == before);
  });
}

TEST_CASE("backup: one is taken before a run that may update or remove rows, and before no other") {
  const std::string start = kMapping;
  const std::vector<std::pair<std::string, bool>> writes = {
      {"", false}, {"replace: true", true}, {"key: [id], on_conflict: update", true}, {"key: [id], on_conflict: skip", false}};
  for (const auto& [how, taken] : writes) {
    Scratch scratch;
    write_whole(scratch.path() / "source.sql", "CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT);"
                                               "INSERT INTO log VALUES (2, 'new');");
    REQUIRE(run_program({"sqlite3", "gone.db", ".read source.sql"}, scratch.path()).exit == 0);
    write_whole(scratch.path() / "shop.yaml", start.substr(0, start.find("tables:")) +
                                                  "tables:\n  log: {from: source.log, rest: copy" +
                                                  (how.empty() ? "" : ", " + how) + "}\n");
    for (const auto& target : all_targets(scratch.path())) {
      CAPTURE(how);
      CAPTURE(target->dialect());
      fs::remove_all(scratch.path() / "reports");
      target->execute("CREATE TABLE log (id integer NOT NULL PRIMARY KEY, line text); INSERT INTO log VALUES (1, 'old')");
      const Finished run = etl(scratch.path(), *target, {"run", "shop.yaml"});
      CAPTURE(run.err);
      REQUIRE(run.exit == 0);
      std::size_t backups = 0;
      for (const auto& entry : fs::recursive_directory_iterator{scratch.path() / "reports"}) {
        if (entry.path().filename() == "manifest.json") ++backups;
      }
      CHECK(backups == (taken ? 1 : 0));
      if (!taken) continue;
      CHECK(etl(scratch.path(), *target, {"restore", "shop.yaml"}).exit == 0);
      CHECK(target->rows("log") == std::vector<std::string>{"1 | old"});
    }
  }
}

TEST_CASE("backup: a mapping's name cannot lead its folder elsewhere") {
  with_backup([](const fs::path& folder, TestTarget& target) {
    fs::remove_all(folder / "reports");
    write_whole(folder / "away.yaml", std::string{kMapping}.replace(std::string{kMapping}.find("shop"), 4, "../../away"));
    const Finished backup = etl(folder, target, {"backup", "away.yaml"});
    CAPTURE(backup.err);
    if (backup.exit == 0) CHECK(backup.out.find("backup reports/______away-backup-") != std::string::npos);
    CHECK(!fs::exists(folder / ".." / "away-backup"));
  });
}

TEST_CASE("backup: --only puts back one table") {
  with_backup([](const fs::path& folder, TestTarget& target) {
    target.execute("UPDATE users SET note = 'spoilt'; UPDATE orders SET total = 7;");
    CHECK(etl(folder, target, {"restore", "shop.yaml", "--from", "kept", "--only", "users"}).exit == 0);
    CHECK(target.query("SELECT count(*) FROM users WHERE note = 'spoilt'") == std::vector<std::vector<std::string>>{{"0"}});
    CHECK(target.query("SELECT count(*) FROM orders WHERE total = 7") == std::vector<std::vector<std::string>>{{"2"}});
  });
}

TEST_CASE("backup: rows that other tables refer to stop a restore, or stay with --force") {
  with_backup([](const fs::path& folder, TestTarget& target) {
    target.execute("INSERT INTO users VALUES (5, 'dee@x.co', NULL), (6, 'eve@x.co', NULL);"
                   "INSERT INTO visits VALUES (1, 5);");
    const std::string before = dump(target);
    const Finished stopped = etl(folder, target, {"restore", "shop.yaml", "--from", "kept"});
    CHECK(stopped.exit == 3);
    CHECK(stopped.err.find("1 rows that the backup does not hold are referred to by") != std::string::npos);
    CHECK(stopped.err.find("visits") != std::string::npos);
    CHECK(dump(target) == before);
    const Finished forced = etl(folder, target, {"restore", "shop.yaml", "--from", "kept", "--force"});
    CHECK(forced.exit == 0);
    CHECK(target.query("SELECT id FROM users WHERE id > 3") == std::vector<std::vector<std::string>>{{"5"}});
    CHECK(target.query("SELECT count(*) FROM visits") == std::vector<std::vector<std::string>>{{"1"}});
  });
}

TEST_CASE("backup: one flipped byte and nothing is restored") {
  with_backup([](const fs::path& folder, TestTarget& target) {
    target.execute("UPDATE users SET note = 'spoilt'");
    const std::string before = dump(target);
    for (const auto& entry : fs::directory_iterator{folder / "kept"}) {
      if (entry.path().filename() == "manifest.json") continue;
      std::fstream file{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
      file.seekp(-1, std::ios::end);
      file.put('~');
    }
    const Finished restore = etl(folder, target, {"restore", "shop.yaml", "--from", "kept"});
    CHECK(restore.exit == 3);
    CHECK(restore.err.find("is not what was written") != std::string::npos);
    CHECK(dump(target) == before);
  });
}

TEST_CASE("backup: what is no backup of this mapping is named") {
  with_backup([](const fs::path& folder, TestTarget& target) {
    CHECK(etl(folder, target, {"restore", "shop.yaml", "--from", "."}).err.find("holds no backup") != std::string::npos);
    write_whole(folder / "other.yaml", std::string{kMapping}.replace(std::string{kMapping}.find("shop"), 4, "talk"));
    const Finished other = etl(folder, target, {"restore", "other.yaml", "--from", "kept"});
    CHECK(other.exit == 2);
    CHECK(other.err.find("is a backup of shop, not of talk") != std::string::npos);
    target.execute("DROP TABLE orders");
    const Finished gone = etl(folder, target, {"restore", "shop.yaml", "--from", "kept"});
    CHECK(gone.err.find("is not there any more") != std::string::npos);
  });
}

}  // namespace etl::testing
