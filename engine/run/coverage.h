// Which fields, rules and branches of `case` the tests of a mapping reach.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/report/report.h"
#include "engine/spec/mapping.h"

namespace etl::run {

// A field is reached when a test expects its value or a reject of it; a rule, of the mapping or of the schema, when a
// row breaks it; a branch when a row takes it.
class Coverage {
 public:
  struct Item {
    Span at;
    std::string what;  // "users.role: max_length", "users.role: branch 'admin'".
    bool reached = false;
  };

  // Declares what there is to reach.
  explicit Coverage(const spec::Mapping& mapping);

  // Declares the rules that follow from the schema, and wraps the branches of the plan's expressions, so that running
  // it marks those that rows take.
  void watch(plan::Plan& plan);
  // Marks what a test expects, and what its run rejected and warned of.
  void add(const spec::TestSpec& test, const report::Report& report);

  // In order of the file.
  std::vector<Item> items() const;

 private:
  void declare(const std::string& key, const Span& at, std::string what);
  void reach(const std::string& key) { reached_->insert(key); }
  void declare_rules_of_schema(const plan::TablePlan& table);
  plan::NodePtr watched(const plan::NodePtr& node, const std::string& field);

  std::map<std::string, Item> items_;
  std::shared_ptr<std::set<std::string>> reached_ = std::make_shared<std::set<std::string>>();
};

}  // namespace etl::run
