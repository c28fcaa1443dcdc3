#include "engine/verify/recomputable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace etl::verify {

namespace {

constexpr std::array<std::string_view, 2> kRandom = {"uuid4", "encrypt"};
constexpr std::array<std::string_view, 2> kPasswords = {"bcrypt", "pbkdf2_django"};
constexpr std::array<std::string_view, 2> kClock = {"now", "today"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

class Origins {
 public:
  Origins(const plan::Plan& plan, const Knowledge& known) : plan_{plan}, known_{known} {
    for (std::size_t table = 0; table < plan.tables.size(); ++table) {
      current_ = table;
      auto& fields = all_.emplace_back();
      // The key first: references to the table itself ask for it.
      fields.resize(plan.tables[table].fields.size());
      const std::size_t key = plan.tables[table].key_field;
      if (key < fields.size()) fields[key] = of(plan.tables[table], key);
      for (std::size_t field = 0; field < fields.size(); ++field) {
        if (field != key) fields[field] = of(plan.tables[table], field);
      }
    }
  }

  std::vector<std::vector<FieldOrigin>> take() { return std::move(all_); }

 private:
  FieldOrigin of(const plan::TablePlan& table, std::size_t index) {
    const plan::FieldPlan& field = table.fields[index];
    FieldOrigin found;
    if (field.value) look(*field.value, found);
    for (const plan::NodePtr& key : field.self_reference) look(*key, found);
    if (!field.self_reference.empty()) refer(current_, found);
    const bool filled = known_.filled.contains({current_, index});
    if (found.origin != Origin::unknown && field.from_default && (!field.value || filled)) {
      found = {Origin::unknown, field.value ? "the database makes it where the mapping gives NULL" : "the database makes it"};
    }
    if (field.fallback_is_now && !known_.now) found = {Origin::unknown, "the time of the run is not known"};
    const bool mapped = table.is_referenced && index == table.key_field && known_.id_maps[current_];
    if (found.origin == Origin::unknown && mapped) return {Origin::keyed, {}};
    return found;
  }

  void look(const plan::Node& node, FieldOrigin& found) {
    if (node.function != nullptr) {
      const std::string_view name = node.function->name;
      if (is_one_of(name, kRandom)) found = {Origin::unknown, fmt::format("{}() gives another value each time", name)};
      if (is_one_of(name, kClock) && !known_.now) found = {Origin::unknown, "the time of the run is not known"};
      if (is_one_of(name, kPasswords) && found.origin == Origin::computed) found.origin = Origin::password;
    }
    using Kind = plan::Node::Kind;
    if (node.kind == Kind::reference || node.kind == Kind::reference_column) refer(node.index, found);
    for (const plan::NodePtr& argument : node.arguments) look(*argument, found);
    if (node.body) look(*node.body, found);
  }

  void refer(std::size_t parent, FieldOrigin& found) {
    if (parent > current_ || plan_.tables[parent].recompute_key) return;
    const std::size_t key = plan_.tables[parent].key_field;
    const auto& fields = all_[parent];
    if (key >= fields.size() || fields[key].origin != Origin::unknown) return;
    found = {Origin::unknown, fmt::format("keys of {} are known to the run alone", plan_.tables[parent].name)};
  }

  const plan::Plan& plan_;
  const Knowledge& known_;
  std::size_t current_ = 0;
  std::vector<std::vector<FieldOrigin>> all_;
};

}  // namespace

std::vector<std::vector<FieldOrigin>> origins(const plan::Plan& plan, const Knowledge& known) {
  return Origins{plan, known}.take();
}

}  // namespace etl::verify
