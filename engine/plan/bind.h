// Binds expressions: names become columns and references, types are checked, kernels chosen. Internal to plan/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/plan/compiler.h"
#include "engine/plan/scope.h"

namespace etl::plan {

// Equal nodes of one table, found by what they compute.
using NodePool = std::map<std::string, NodePtr>;

// The common type that two branches or operands take, if there is one: int widens to decimal to float,
// list to json, and `any` takes all.
std::optional<Type> common_type(Type left, Type right);

// Calls `function` on arguments of which some have type `any`: by each value's own type.
converters::Kernel dynamic_call(const converters::Function& function, const converters::Use& use, Type result);
// Compares values of which at least one has type `any`.
converters::Kernel dynamic_comparison(std::string_view op);
converters::Kernel json_member_kernel(std::string name);
converters::Kernel json_item_kernel(std::int64_t index);

class Binder {
 public:
  Binder(Compiler& compiler, const Scope& scope, const converters::RunContext& run, NodePool& pool)
      : compiler_{compiler}, scope_{scope}, run_{run}, pool_{pool} {}

  // Null when something is wrong; it has been said then.
  NodePtr bind(const spec::Expression& expression);
  // The last step of a field: null when `node` is null or does not become `to` by itself (said, naming `subject`,
  // the column, and `declared`, the column's type).
  NodePtr bind_field(const NodePtr& node, Type to, std::string_view subject, std::string_view declared, const Span& at);
  // The value as `to`; REQUIRES that the conversion exists.
  NodePtr convert(const NodePtr& node, Type to);
  // A condition: bool, or E320.
  NodePtr bind_condition(const spec::Expression& expression, std::string_view what);
  NodePtr column(const ScopeColumn& column, const Span& at);
  NodePtr constant(const Value& value, Type type, std::string text, const Span& at);
  // `it` in converters.
  void set_it(NodePtr it) { it_ = std::move(it); }
  const std::vector<const Node*>& tries() const { return tries_; }
  // Keys of t[key], each as the parent's source key has it.
  std::optional<std::vector<NodePtr>> bind_keys(const spec::Expression& index, const TableHead& parent);

 private:
  NodePtr bind_literal(const spec::Expression& expression);
  NodePtr bind_parameter(const spec::Expression& expression);
  NodePtr bind_name(const spec::Expression& expression);
  NodePtr bind_member(const spec::Expression& expression);
  NodePtr bind_index(const spec::Expression& expression);
  enum class Lookup : std::uint8_t { value, column, test };  // name[key], name[key].column, key in name.
  NodePtr bind_lookup(const spec::Expression& expression, std::size_t lookup, Lookup form);
  // E403 when a constant key has no entry in a map or file.
  void check_entry(const LookupPlan& lookup, const Node& node);
  NodePtr bind_reference_column(const spec::Expression& expression, TableHead& parent);
  NodePtr bind_reference(const spec::Expression& expression, TableHead& parent);
  NodePtr bind_item(const NodePtr& base, const spec::Expression& expression);
  NodePtr bind_in_name(const spec::Expression& expression);
  NodePtr bind_case(const spec::Expression& expression);
  NodePtr bind_operation(const spec::Expression& expression);
  NodePtr bind_arithmetic(const spec::Expression& expression);
  NodePtr bind_comparison(const spec::Expression& expression, std::string_view op, NodePtr left, NodePtr right);
  NodePtr bind_logical(const spec::Expression& expression);
  NodePtr bind_in_list(const spec::Expression& expression);
  NodePtr bind_between(const spec::Expression& expression);
  NodePtr bind_like(const spec::Expression& expression);
  NodePtr bind_concatenation(const spec::Expression& expression);
  NodePtr bind_call(const spec::Expression& expression);
  NodePtr bind_converter(const spec::Expression& expression, const spec::Expression& body);
  NodePtr bind_function(const spec::Expression& expression, const converters::Function& function);
  NodePtr bind_try(const spec::Expression& expression, std::vector<NodePtr> arguments);
  NodePtr bind_coalesce(const spec::Expression& expression, std::vector<NodePtr> arguments);
  NodePtr bind_each(const spec::Expression& expression, const converters::Function& function);
  NodePtr bind_key_of(const spec::Expression& expression, const converters::Function& function);

  bool check_count(const spec::Expression& expression, const converters::Function& function);
  bool fit_arguments(const spec::Expression& expression, const converters::Function& function,
                     std::vector<NodePtr>& arguments);
  bool check_constants(const spec::Expression& expression, const converters::Function& function,
                       const converters::Use& use);
  NodePtr made(std::size_t index, Type type, std::vector<NodePtr> of, std::string text, const Span& at,
               std::string_view what);
  // The group's key that is written so; nothing when there is none. Null when the key itself is faulty.
  std::optional<NodePtr> group_key(std::string_view text, const Span& at);
  NodePtr not_grouped(std::string_view text, const Span& at);
  NodePtr bind_row_number(const spec::Expression& expression, std::vector<NodePtr> keys);
  NodePtr group_value(const spec::Expression& expression, const converters::Function* function, converters::Use use,
                      Type type, std::vector<NodePtr> arguments);
  NodePtr no_column(std::string_view name, const Span& at);

  // The node, or the one of the pool that computes the same: `operation` tells apart what kind, type, index and
  // arguments do not.
  NodePtr make(Node node, const std::string& operation);
  // The node that an expression means: its text and place are the expression's, and it is pure and no secret only as
  // far as what it is made of is.
  NodePtr make(const spec::Expression& expression, Node node, const std::string& operation);
  NodePtr negated(const spec::Expression& expression, NodePtr node);
  NodePtr call(std::string operation, converters::Kernel kernel, Type type, std::vector<NodePtr> arguments,
               const spec::Expression& expression, bool pure = true, const converters::Function* function = nullptr);
  NodePtr fold(const NodePtr& node);
  NodePtr constant_of(const Node& node, const Value& value);
  NodePtr truth(const NodePtr& node, const spec::Expression& expression, std::string_view what);
  // Makes all of one type; false (E321) when there is none.
  bool unify(const std::vector<NodePtr*>& nodes);
  // A text constant beside a date, time, UUID is read as one.
  NodePtr adopt(const NodePtr& node, Type type);
  Diagnostics& diagnostics() { return compiler_.diagnostics(); }

  Compiler& compiler_;
  const Scope& scope_;
  const converters::RunContext& run_;
  NodePool& pool_;
  NodePtr it_;
  std::vector<const Node*> tries_;
  bool in_aggregate_ = false;
  bool in_try_ = false;  // A constant that always fails is no mistake there.
  int depth_ = 0;        // Of converters within converters.
};

}  // namespace etl::plan
