#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/data/json.h"
#include "engine/data/json_path.h"
#include "engine/plan/node.h"

namespace etl::plan {

Failures merge(const Failures& first, const Failures& second) {
  Failures merged;
  merged.reserve(first.size() + second.size());
  auto left = first.begin();
  auto right = second.begin();
  while (left != first.end() || right != second.end()) {
    if (right == second.end() || (left != first.end() && left->row <= right->row)) {
      if (right != second.end() && right->row == left->row) ++right;
      merged.push_back(*left++);
    } else {
      merged.push_back(*right++);
    }
  }
  return merged;
}

namespace {

using FailuresPtr = std::shared_ptr<const Failures>;

FailuresPtr join(const FailuresPtr& first, const FailuresPtr& second) {
  if (!first || first->empty()) return second;
  if (!second || second->empty() || first == second) return first;
  return std::make_shared<const Failures>(plan::merge(*first, *second));
}

FailuresPtr only_active(const FailuresPtr& failures, const Bitmap* active) {
  if (!failures || !active) return failures;
  auto kept = std::make_shared<Failures>();
  std::ranges::copy_if(*failures, std::back_inserter(*kept), [&](const Failure& f) { return active->test(f.row); });
  return kept->empty() ? nullptr : kept;
}

Bitmap failed_rows(const FailuresPtr& failures, std::size_t rows) {
  Bitmap failed(rows);
  if (failures) {
    for (const Failure& failure : *failures) failed.set(failure.row);
  }
  return failed;
}

template <class T>
void fill(Column& column, const T& value) {
  std::ranges::fill(column.values<T>(), value);
}

// A column that holds one value in every row.
ColumnPtr repeat(const Value& value, Type type, std::size_t rows) {
  auto column = std::make_shared<Column>(type, rows);
  if (is_null(value)) {
    for (std::size_t row = 0; row < rows; ++row) column->set_null(row);
  } else if (type == Type::any) {
    fill<Value>(*column, value);
  } else {
    std::visit(
        [&](const auto& held) {
          using T = std::remove_cvref_t<decltype(held)>;
          if constexpr (!std::is_same_v<T, std::monostate>) fill<T>(*column, held);
        },
        value);
  }
  return column;
}

// Copies rows of one type between columns without looking at the type for each.
class Picker {
 public:
  Picker(Column& out, const Column& in) : out_{out}, in_{in} {}

  void copy(std::size_t row) {
    if (in_.is_null(row)) {
      out_.set_null(row);
    } else {
      out_.set(row, in_.at(row));
    }
  }

 private:
  Column& out_;
  const Column& in_;
};

}  // namespace

struct Evaluator::State {
  std::vector<Evaluated> frame;
  std::vector<Evaluated> made;
  std::size_t rows;
  Arena& arena;
  const converters::RunContext& run;
  References* references;
  const Batch* source;
  const std::vector<std::string>* frame_names;
  std::unordered_map<const Node*, Evaluated> memo;
  std::unordered_map<const Node*, std::uint64_t> tried;

  Evaluated evaluate(const NodePtr& node, const Bitmap* active);
  Evaluated compute(const Node& node, const Bitmap* active);
  Evaluated call(const Node& node, const Bitmap* active);
  Evaluated case_of(const Node& node, const Bitmap* active);
  Evaluated coalesce(const Node& node, const Bitmap* active);
  Evaluated try_of(const Node& node, const Bitmap* active);
  Evaluated logical(const Node& node, const Bitmap* active, bool deciding);
  Evaluated logical_not(const Node& node, const Bitmap* active);
  Evaluated null_test(const Node& node, const Bitmap* active, bool wanted);
  Evaluated each(const Node& node, const Bitmap* active);
  Evaluated source_row();

  Bitmap all_active(const Bitmap* active) const { return active ? *active : Bitmap(rows, true); }
};

Evaluator::Evaluator(std::vector<Evaluated> frame, std::size_t rows, Arena& arena, const converters::RunContext& run,
                     References* references, const Batch* source, const std::vector<std::string>* frame_names)
    : state_{std::make_shared<State>(
          State{std::move(frame), {}, rows, arena, run, references, source, frame_names, {}, {}})} {}

Evaluated Evaluator::evaluate(const NodePtr& node, const Bitmap* active) { return state_->evaluate(node, active); }

void Evaluator::set_made(std::size_t index, Evaluated column) {
  if (state_->made.size() <= index) state_->made.resize(index + 1);
  state_->made[index] = std::move(column);
}

const std::unordered_map<const Node*, std::uint64_t>& Evaluator::tried() const { return state_->tried; }

// A result for all rows is kept; one for some rows is used once.
Evaluated Evaluator::State::evaluate(const NodePtr& node, const Bitmap* active) {
  if (node->kind == Node::Kind::column || node->kind == Node::Kind::made) {
    const Evaluated& found = (node->kind == Node::Kind::column ? frame : made)[node->index];
    return {found.column, only_active(found.failures, active)};
  }
  if (const auto known = memo.find(node.get()); known != memo.end()) {
    return {known->second.column, only_active(known->second.failures, active)};
  }
  if (active && node->kind != Node::Kind::constant) return compute(*node, active);
  return memo[node.get()] = compute(*node, nullptr);
}

Evaluated Evaluator::State::compute(const Node& node, const Bitmap* active) {
  switch (node.kind) {
    case Node::Kind::constant: return {repeat(node.value, node.type, rows), nullptr};
    case Node::Kind::column: return frame[node.index];
    case Node::Kind::made: return made[node.index];
    case Node::Kind::case_of: return case_of(node, active);
    case Node::Kind::coalesce: return coalesce(node, active);
    case Node::Kind::try_of: return try_of(node, active);
    case Node::Kind::logical_and: return logical(node, active, false);
    case Node::Kind::logical_or: return logical(node, active, true);
    case Node::Kind::logical_not: return logical_not(node, active);
    case Node::Kind::is_null: return null_test(node, active, true);
    case Node::Kind::is_not_null: return null_test(node, active, false);
    case Node::Kind::row: return source_row();
    case Node::Kind::each: return each(node, active);
    case Node::Kind::call:
    case Node::Kind::reference:
    case Node::Kind::reference_column:
    case Node::Kind::in_reference:
    case Node::Kind::lookup:
    case Node::Kind::in_lookup:
    case Node::Kind::key_of: return call(node, active);
  }
  return {};
}

Evaluated Evaluator::State::call(const Node& node, const Bitmap* active) {
  std::vector<ColumnPtr> arguments;
  arguments.reserve(node.arguments.size());
  FailuresPtr failed;
  for (const NodePtr& argument : node.arguments) {
    const Evaluated result = evaluate(argument, active);
    arguments.push_back(result.column);
    failed = join(failed, result.failures);
  }
  Bitmap wanted;
  if (failed) {  // Rows whose argument failed have their reason already.
    wanted = all_active(active);
    for (const Failure& failure : *failed) wanted.clear(failure.row);
    active = &wanted;
  }
  auto own = std::make_shared<Failures>();
  converters::KernelContext context{
      .arena = arena, .rows = rows, .active = active, .failures = *own, .source = source, .run = run};
  ColumnPtr column;
  switch (node.kind) {
    case Node::Kind::reference: column = references->resolve(node.index, arguments, context); break;
    case Node::Kind::in_reference: column = references->exists(node.index, arguments, context); break;
    case Node::Kind::lookup: column = references->look_up(node.index, node.part, arguments, context); break;
    case Node::Kind::reference_column:
      column = references->resolve_column(node.index, node.part, arguments, context);
      break;
    case Node::Kind::in_lookup: column = references->has_entry(node.index, arguments, context); break;
    case Node::Kind::key_of: column = references->key_of(node.index, arguments.front(), context); break;
    default: column = node.kernel(arguments, context);
  }
  return {column, own->empty() ? failed : join(failed, own)};
}

Evaluated Evaluator::State::case_of(const Node& node, const Bitmap* active) {
  auto out = std::make_shared<Column>(node.type, rows);
  FailuresPtr failed;
  Bitmap open = all_active(active);
  Bitmap done(rows);
  const auto take = [&](const NodePtr& branch, const Bitmap& chosen) {
    const Evaluated result = evaluate(branch, &chosen);
    Picker picker(*out, *result.column);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!chosen.test(row)) continue;
      picker.copy(row);
      done.set(row);
    }
    failed = join(failed, result.failures);
  };
  std::size_t next = 0;
  for (; next + 1 < node.arguments.size(); next += 2) {
    const Evaluated condition = evaluate(node.arguments[next], &open);
    const auto truth = condition.column->values<bool>();
    const Bitmap unknown = failed_rows(condition.failures, rows);
    failed = join(failed, condition.failures);
    Bitmap chosen(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!open.test(row)) continue;
      if (unknown.test(row)) {
        open.clear(row);
      } else if (!condition.column->is_null(row) && truth[row]) {
        chosen.set(row);
        open.clear(row);
      }
    }
    take(node.arguments[next + 1], chosen);
  }
  if (next < node.arguments.size()) take(node.arguments[next], open);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!done.test(row)) out->set_null(row);
  }
  return {out, failed};
}

Evaluated Evaluator::State::coalesce(const Node& node, const Bitmap* active) {
  const Evaluated first = evaluate(node.arguments.front(), active);
  if (first.column->null_count() == 0) return first;
  auto out = std::make_shared<Column>(node.type, rows);
  FailuresPtr failed;
  Bitmap open = all_active(active);
  Bitmap done(rows);
  for (std::size_t i = 0; i < node.arguments.size(); ++i) {
    const Evaluated result = i == 0 ? first : evaluate(node.arguments[i], &open);
    const Bitmap unknown = failed_rows(result.failures, rows);
    failed = join(failed, result.failures);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!open.test(row)) continue;
      if (unknown.test(row)) {
        open.clear(row);
      } else if (!result.column->is_null(row)) {
        out->set(row, result.column->at(row));
        done.set(row);
        open.clear(row);
      }
    }
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (!done.test(row)) out->set_null(row);
  }
  return {out, failed};
}

Evaluated Evaluator::State::try_of(const Node& node, const Bitmap* active) {
  const Evaluated tried_value = evaluate(node.arguments[0], active);
  if (!tried_value.failures || tried_value.failures->empty()) return {tried_value.column, nullptr};
  const Bitmap replaced = failed_rows(tried_value.failures, rows);
  tried[&node] += tried_value.failures->size();
  Evaluated other;
  if (node.arguments.size() > 1) other = evaluate(node.arguments[1], &replaced);
  auto out = std::make_shared<Column>(node.type, rows);
  Picker first(*out, *tried_value.column);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!replaced.test(row)) {
      first.copy(row);
    } else if (other.column && !other.column->is_null(row)) {
      out->set(row, other.column->at(row));
    } else {
      out->set_null(row);
    }
  }
  return {out, other.failures};
}

// and: false decides; or: true decides. NULL otherwise, unless both sides have the other value.
Evaluated Evaluator::State::logical(const Node& node, const Bitmap* active, bool deciding) {
  const Evaluated left = evaluate(node.arguments[0], active);
  const auto left_truth = left.column->values<bool>();
  const Bitmap left_failed = failed_rows(left.failures, rows);
  Bitmap open = all_active(active);
  for (std::size_t row = 0; row < rows; ++row) {
    if (left_failed.test(row) || (!left.column->is_null(row) && left_truth[row] == deciding)) open.clear(row);
  }
  const Evaluated right = evaluate(node.arguments[1], &open);
  const auto right_truth = right.column->values<bool>();
  auto out = std::make_shared<Column>(Type::boolean, rows);
  const auto truth = out->values<bool>();
  for (std::size_t row = 0; row < rows; ++row) {
    const bool right_known = open.test(row) && !right.column->is_null(row);
    if (!open.test(row)) {
      truth[row] = deciding;
      if (left_failed.test(row) || left.column->is_null(row)) out->set_null(row);
    } else if (right_known && right_truth[row] == deciding) {
      truth[row] = deciding;
    } else if (right_known && !left.column->is_null(row)) {
      truth[row] = !deciding;
    } else {
      out->set_null(row);
    }
  }
  return {out, join(left.failures, right.failures)};
}

Evaluated Evaluator::State::logical_not(const Node& node, const Bitmap* active) {
  const Evaluated in = evaluate(node.arguments[0], active);
  auto out = std::make_shared<Column>(Type::boolean, rows);
  const auto truth = in.column->values<bool>();
  for (std::size_t row = 0; row < rows; ++row) {
    if (in.column->is_null(row)) {
      out->set_null(row);
    } else {
      out->values<bool>()[row] = !truth[row];
    }
  }
  return {out, in.failures};
}

Evaluated Evaluator::State::null_test(const Node& node, const Bitmap* active, bool wanted) {
  const Evaluated in = evaluate(node.arguments[0], active);
  auto out = std::make_shared<Column>(Type::boolean, rows);
  const auto truth = out->values<bool>();
  for (std::size_t row = 0; row < rows; ++row) truth[row] = in.column->is_null(row) == wanted;
  return {out, in.failures};
}

// The items of all rows' lists are one column, so that a body costs one call, not one per list.
Evaluated Evaluator::State::each(const Node& node, const Bitmap* active) {
  const Evaluated lists = evaluate(node.arguments.front(), active);
  const auto values = lists.column->values<List>();
  std::vector<Value> items;
  std::vector<std::size_t> ends(rows, 0);  // Of each row's items among all.
  for (std::size_t row = 0; row < rows; ++row) {
    if ((!active || active->test(row)) && !lists.column->is_null(row)) {
      for (JsonItems item{values[row].view}; item.next();) items.push_back(json_value(item.value(), arena));
    }
    ends[row] = items.size();
  }
  auto column = std::make_shared<Column>(Type::any, items.size());
  for (std::size_t item = 0; item < items.size(); ++item) column->set(item, items[item]);
  Evaluator inner{{{column, nullptr}}, items.size(), arena, run, references, nullptr};
  const Evaluated results = inner.evaluate(node.body);
  for (const auto& [tried_node, count] : inner.tried()) tried[tried_node] += count;

  auto out = std::make_shared<Column>(Type::list, rows);
  auto own = std::make_shared<Failures>();
  auto failure = results.failures ? results.failures->begin() : Failures::const_iterator{};
  const auto no_failure = results.failures ? results.failures->end() : Failures::const_iterator{};
  std::string json;
  for (std::size_t row = 0, item = 0; row < rows; ++row) {
    const std::size_t first = item;
    json = "[";
    for (; item < ends[row]; ++item) {
      if (results.column->is_null(item)) continue;
      if (json.size() > 1) json += ',';
      append_json(results.column->at(item), json);
    }
    json += ']';
    const bool failed = failure != no_failure && failure->row < ends[row];
    if (failed) {
      own->push_back({static_cast<std::uint32_t>(row), failure->rule,
                      fmt::format("item {}: {}", failure->row - first, failure->reason)});
      while (failure != no_failure && failure->row < ends[row]) ++failure;
    }
    out->values<List>()[row] = List{arena.copy(json)};
    if (failed || (active && !active->test(row)) || lists.column->is_null(row)) out->set_null(row);
  }
  return {out, own->empty() ? lists.failures : join(lists.failures, own)};
}

Evaluated Evaluator::State::source_row() {
  auto out = std::make_shared<Column>(Type::json, rows);
  std::string object;
  FailuresPtr failed;
  for (const Evaluated& column : frame) failed = join(failed, column.failures);
  for (std::size_t row = 0; row < rows; ++row) {
    object = "{";
    for (std::size_t i = 0; i < frame.size(); ++i) {
      if (i > 0) object += ',';
      append_json_string((*frame_names)[i], object);
      object += ':';
      append_json(frame[i].column->at(row), object);
    }
    object += '}';
    out->values<Json>()[row] = Json{arena.copy(object)};
  }
  return {out, failed};
}

}  // namespace etl::plan
