#include "engine/run/finish.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/run/columns.h"
#include "engine/run/groups.h"
#include "engine/run/present.h"
#include "engine/stores/sql_text.h"

namespace etl::run {

// One batch on its way.
struct Finisher::Work {
  FinishedBatch batch;
  std::unique_ptr<plan::Evaluator> evaluator;
  bool all_active = true;

  const Bitmap* active() const { return all_active ? nullptr : &batch.active; }
  void deactivate(std::size_t row) {
    batch.active.clear(row);
    all_active = false;
  }
  bool counts(std::size_t field, std::size_t row) const {
    return batch.active.test(row) && !batch.has_failed(field, row);
  }
  void mark_failed(std::size_t field, std::size_t row) {
    if (batch.failed[field].size() == 0) batch.failed[field] = Bitmap(batch.rows);
    batch.failed[field].set(row);
  }
};

namespace {

std::uint32_t order_of(std::size_t field) { return static_cast<std::uint32_t>(field) + 1; }

}  // namespace

void FinishedBatch::stop_at(std::uint32_t row, std::uint32_t order, report::Stop stop) {
  if (abort && std::pair{abort->row, abort->order} <= std::pair{row, order}) return;
  abort = Abort{row, order, std::move(stop)};
}

Finisher::Finisher(RunState& state, TableState& table, RunReferences& references, writers::TableWriter& writer,
                   const Visibility& visibility, const RowPrinter& printer, report::Table& report)
    : state_{state},
      table_{table},
      references_{references},
      writer_{writer},
      visibility_{visibility},
      printer_{printer},
      report_{report},
      present_{present_at(state.options.judged_at.value_or(table.context.now), table.context)} {
  column_names_ = source_names(table);
  const plan::ShapePlan& shape = table.plan->shape;
  for (const plan::RowNumberPlan& plan : shape.numbers_before_where) {
    numbers_before_where_.emplace_back(plan.keys, state.space);
  }
  for (const plan::RowNumberPlan& plan : shape.numbers) numbers_.emplace_back(plan.keys, state.space);
  for (std::size_t i = 0; i < shape.group_values.size(); ++i) {
    const plan::GroupValuePlan& value = shape.group_values[i];
    if (value.function == nullptr) group_numbers_.emplace(i, RowNumbers{value.arguments, state.space});
  }
}

Finisher::Work Finisher::begin(ShapedBatch shaped) {
  const std::size_t fields = table_.plan->fields.size();
  Work work;
  FinishedBatch& batch = work.batch;
  batch.rows = shaped.rows->rows;
  batch.active = Bitmap(batch.rows, true);
  batch.rejected = Bitmap(batch.rows);
  batch.columns.resize(fields);
  batch.failed.resize(fields);
  batch.source = std::move(shaped.rows);
  work.evaluator = std::make_unique<plan::Evaluator>(source_frame(*batch.source), batch.rows, *batch.arena,
                                                     table_.context, &references_, batch.source.get(), &column_names_);
  for (std::size_t i = 0; i < shaped.made.size(); ++i) work.evaluator->set_made(i, std::move(shaped.made[i]));
  reject_broken(work, std::move(shaped.reasons));
  if (!batch.source->group_keys.empty()) {
    number_groups(work);
  } else {
    take_rows(work);
    number_rows(work);
  }
  return work;
}

FinishedBatch Finisher::finish(ShapedBatch shaped) {
  const std::vector<plan::FieldPlan>& fields = table_.plan->fields;
  Work work = begin(std::move(shaped));
  for (std::size_t field = 0; field < fields.size(); ++field) finish_field(work, field);
  for (std::size_t field = 0; field < fields.size(); ++field) {
    if (!fields[field].from_default) check_field(work, field);
  }
  // Values made by the database come last, so that rejected rows use none up.
  for (std::size_t field = 0; field < fields.size(); ++field) {
    if (!fields[field].from_default) continue;
    fill_by_database(work, field);
    check_field(work, field);
  }
  check_sentences(work);
  count_tries(work);
  return std::move(work.batch);
}

FinishedBatch Finisher::collect(ShapedBatch shaped, Groups& groups) {
  Work work = begin(std::move(shaped));
  groups.add(work.batch, *work.evaluator);
  count_tries(work);
  return std::move(work.batch);
}

void Finisher::reject_broken(Work& work, std::vector<Reason> reasons) {
  for (const Failure& broken : work.batch.source->broken_rows) {
    work.deactivate(broken.row);
    work.batch.reject({broken.row, 0, "", broken.rule, broken.reason});
  }
  for (Reason& reason : reasons) {
    work.deactivate(reason.row);
    work.batch.reject(std::move(reason));
  }
}

void Finisher::take_rows(Work& work) {
  if (!table_.plan->where) return;
  FinishedBatch& batch = work.batch;
  for (std::size_t i = 0; i < numbers_before_where_.size(); ++i) {
    work.evaluator->set_made(table_.plan->shape.explode.size() + i,
                             numbers_before_where_[i].next(*work.evaluator, batch.rows, work.active(), *batch.arena));
  }
  const plan::Evaluated condition = work.evaluator->evaluate(table_.plan->where, work.active());
  const auto truth = condition.column->values<bool>();
  Bitmap failed(batch.rows);
  if (condition.failures) {
    for (const Failure& failure : *condition.failures) {
      failed.set(failure.row);
      if (!batch.active.test(failure.row)) continue;
      batch.reject({failure.row, 0, "where", failure.rule, failure.reason, visibility_.hides_where()});
    }
  }
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (!batch.active.test(row) || (!failed.test(row) && !condition.column->is_null(row) && truth[row])) continue;
    work.deactivate(row);
    if (!failed.test(row)) ++batch.filtered;
  }
}

void Finisher::number_rows(Work& work) {
  const plan::ShapePlan& shape = table_.plan->shape;
  const std::size_t first = shape.explode.size() + shape.numbers_before_where.size();
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    work.evaluator->set_made(
        first + i, numbers_[i].next(*work.evaluator, work.batch.rows, work.active(), *work.batch.arena));
  }
}

void Finisher::number_groups(Work& work) {
  for (auto& [place, numbers] : group_numbers_) {
    work.evaluator->set_made(table_.plan->shape.group_keys.size() + place,
                             numbers.next(*work.evaluator, work.batch.rows, work.active(), *work.batch.arena));
  }
}

void Finisher::fail(Work& work, std::size_t field, const Failures& failures) {
  for (const Failure& failure : failures) {
    if (!work.batch.active.test(failure.row)) continue;
    work.mark_failed(field, failure.row);
    work.batch.reject({failure.row, order_of(field), table_.plan->fields[field].name, failure.rule, failure.reason,
                       visibility_.hides_field(field)});
  }
}

void Finisher::finish_field(Work& work, std::size_t field) {
  const plan::FieldPlan& plan = table_.plan->fields[field];
  if (!plan.self_reference.empty()) return finish_self_reference(work, field);
  if (!plan.value) {
    work.batch.columns[field] = nulls(plan.type, work.batch.rows);
    return;
  }
  const plan::Evaluated value = work.evaluator->evaluate(plan.value, work.active());
  work.batch.columns[field] = value.column;
  if (value.failures) fail(work, field, *value.failures);
  if (value.column->null_count() > 0) fill_defaults(work, field);
}

void Finisher::finish_self_reference(Work& work, std::size_t field) {
  const plan::FieldPlan& plan = table_.plan->fields[field];
  SelfReference reference{.field = field, .keys = {}};
  for (const plan::NodePtr& key : plan.self_reference) {
    const plan::Evaluated value = work.evaluator->evaluate(key, work.active());
    reference.keys.push_back(value.column);
    if (value.failures) fail(work, field, *value.failures);
  }
  work.batch.columns[field] = table_.plan->recompute_key
                                  ? recompute_keys(table_, reference.keys, work.batch.rows, *work.batch.arena)
                                  : nulls(plan.type, work.batch.rows);
  if (plan.required) {
    for (std::size_t row = 0; row < work.batch.rows; ++row) {
      const bool is_null = std::ranges::any_of(reference.keys, [row](const auto& key) { return key->is_null(row); });
      if (!is_null || !work.batch.active.test(row) || work.batch.has_failed(field, row)) continue;
      work.batch.reject({static_cast<std::uint32_t>(row), order_of(field), plan.name, "required", "is required"});
    }
  }
  work.batch.self_references.push_back(std::move(reference));
}

Value Finisher::fallback(const plan::FieldPlan& field) {
  if (!field.fallback_is_now) return *field.fallback;
  const Value now = table_.context.now;
  if (field.type == Type::timestamptz) return now;
  if (field.type == Type::timestamp) return Timestamp{table_.context.now.micros};  // Sessions of targets are in UTC.
  Arena arena;
  Failures failures;
  converters::KernelContext context{.arena = arena, .rows = 1, .failures = failures, .run = table_.context};
  const ColumnPtr column = column_of(Type::timestamptz, std::span{&now, 1});
  const ColumnPtr converted =
      converters::conversion(Type::timestamptz, field.type, table_.context)(std::span{&column, 1}, context);
  return keep(converted->at(0), *state_.plan.arena);
}

void Finisher::fill_defaults(Work& work, std::size_t field) {
  const plan::FieldPlan& plan = table_.plan->fields[field];
  if (!plan.fallback && !plan.fallback_is_now) return;
  const Value value = fallback(plan);
  if (is_null(value)) return;
  const Column& before = *work.batch.columns[field];
  auto filled = copy(before);
  for (std::size_t row = 0; row < work.batch.rows; ++row) {
    if (before.is_null(row) && work.batch.active.test(row) && !work.batch.has_failed(field, row)) {
      filled->set(row, value);
    }
  }
  work.batch.columns[field] = std::move(filled);
}

void Finisher::fill_by_database(Work& work, std::size_t field) {
  const Column& before = *work.batch.columns[field];
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < work.batch.rows; ++row) {
    if (before.is_null(row) && work.batch.active.test(row) && !work.batch.rejected.test(row)) rows.push_back(row);
  }
  if (rows.empty()) return;
  const ColumnPtr made = make_defaults(field, rows.size(), *work.batch.arena);
  auto filled = copy(before);
  for (std::size_t i = 0; i < rows.size(); ++i) filled->set(rows[i], made->at(i));
  work.batch.columns[field] = std::move(filled);
}

// A dry run leaves sequences alone, whose values no rollback gives back: it counts by itself.
ColumnPtr Finisher::make_defaults(std::size_t field, std::size_t count, Arena& arena) {
  const plan::FieldPlan& plan = table_.plan->fields[field];
  const schema::Column& column = table_.plan->target->columns[plan.target_column];
  const bool counted = column.serial || column.identity != schema::Column::Identity::none;
  if (!state_.options.dry_run || !counted || plan.type != Type::integer) {
    return table_.target->make_defaults(*table_.plan->target, column, count, arena);
  }
  const auto [counter, first] = counters_.try_emplace(field, 0);
  if (first && table_.rows_before > 0) {
    const std::string sql =
        fmt::format("SELECT max({}) FROM {}", stores::quote_identifier(column.name), quoted_table(table_));
    const auto highest = table_.target->query(sql, {}, 1);
    if (!highest.rows.empty()) counter->second = parse_integer(highest.rows[0][0]).value.value_or(0);
  }
  auto made = std::make_shared<Column>(Type::integer, count);
  for (std::int64_t& value : made->values<std::int64_t>()) value = ++counter->second;
  return made;
}

void Finisher::check_field(Work& work, std::size_t field) {
  const plan::FieldPlan& plan = table_.plan->fields[field];
  const Column& values = *work.batch.columns[field];
  if (!plan.self_reference.empty()) return check_rules(work, field);  // Keys were checked where they were made.
  if (plan.required && values.null_count() > 0) check_required(work, field);
  check_rules(work, field);
  Failures failures;
  writer_.check(field, values, failures);
  for (Failure& failure : failures) {
    if (!work.counts(field, failure.row)) continue;
    work.batch.reject({failure.row, order_of(field), plan.name, failure.rule, std::move(failure.reason),
                       visibility_.hides_field(field)});
  }
}

void Finisher::check_required(Work& work, std::size_t field) {
  const plan::FieldPlan& plan = table_.plan->fields[field];
  FinishedBatch& batch = work.batch;
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    // A key that the database would have made is missing only because the row is rejected anyhow.
    const bool spared = plan.from_default && batch.rejected.test(row);
    if (!batch.columns[field]->is_null(row) || !work.counts(field, row) || spared) continue;
    batch.reject({row, order_of(field), plan.name, "required", "is required"});
  }
}

void Finisher::check_rules(Work& work, std::size_t field) {
  const plan::FieldPlan& plan = table_.plan->fields[field];
  Failures failures;
  for (const plan::RulePlan& rule : plan.rules) {
    if (!rule.kernel) continue;
    failures.clear();
    rule.kernel(*work.batch.columns[field], present_, failures);
    for (Failure& failure : failures) {
      if (!work.counts(field, failure.row)) continue;
      judge(work.batch, rule.effect,
            {failure.row, order_of(field), plan.name, rule.rule->name, std::move(failure.reason),
             visibility_.hides_field(field)},
            rule.text);
    }
  }
}

// A sentence about a value that could not be made says nothing: the empty rule marks what it inherits.
std::vector<plan::Evaluated> Finisher::finished_frame(const FinishedBatch& batch) {
  std::vector<plan::Evaluated> frame;
  for (std::size_t field = 0; field < batch.columns.size(); ++field) {
    std::shared_ptr<Failures> inherited;
    if (batch.failed[field].size() != 0) {
      inherited = std::make_shared<Failures>();
      for (std::uint32_t row = 0; row < batch.rows; ++row) {
        if (batch.failed[field].test(row)) inherited->push_back({row, "", ""});
      }
    }
    frame.push_back({batch.columns[field], inherited});
  }
  return frame;
}

void Finisher::check_sentences(Work& work) {
  FinishedBatch& batch = work.batch;
  if (table_.plan->sentences.empty()) return;
  plan::Evaluator evaluator{finished_frame(batch), batch.rows,   *batch.arena,
                            table_.context,        &references_, batch.source.get()};
  std::uint32_t order = order_of(batch.columns.size());
  for (const plan::SentencePlan& sentence : table_.plan->sentences) {
    const plan::Evaluated truth = evaluator.evaluate(sentence.condition, work.active());
    check_sentence(batch, sentence, truth, order++);
  }
}

void Finisher::check_sentence(FinishedBatch& batch, const plan::SentencePlan& sentence, const plan::Evaluated& truth,
                              std::uint32_t order) {
  Bitmap failed(batch.rows);
  if (truth.failures) {
    for (const Failure& failure : *truth.failures) {
      failed.set(failure.row);
      if (failure.rule.empty() || !batch.active.test(failure.row)) continue;
      judge(batch, sentence.effect,
            {failure.row, order, "", "check", fmt::format("{}: {}", sentence.sentence, failure.reason),
             visibility_.hides_any(*sentence.condition)},
            sentence.sentence);
    }
  }
  const auto holds = truth.column->values<bool>();
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    if (!batch.active.test(row) || failed.test(row) || truth.column->is_null(row) || holds[row]) continue;
    judge(batch, sentence.effect, {row, order, "", "check", fmt::format("not true: {}", sentence.sentence)},
          sentence.sentence);
  }
}

void Finisher::judge(FinishedBatch& batch, plan::Effect effect, Reason reason, const std::string& text) {
  switch (effect) {
    case plan::Effect::reject:
      return batch.reject(std::move(reason));
    case plan::Effect::warn:
      return warn(batch, reason, text);
    case plan::Effect::abort:
      break;
  }
  batch.stop_at(reason.row, reason.order,
                {.table = table_.plan->name,
                 .field = std::string{reason.field},
                 .rule = text,
                 .reason = reason.hidden ? text : reason.reason,
                 .position = printer_.position(*batch.source, reason.row)});
}

void Finisher::warn(const FinishedBatch& batch, const Reason& reason, const std::string& text) {
  constexpr std::size_t kExamples = 3;
  auto found = std::ranges::find_if(report_.warned, [&](const report::Warned& warned) {
    return warned.field == reason.field && warned.rule == text;
  });
  if (found == report_.warned.end()) {
    report_.warned.push_back({std::string{reason.field}, text, 0, {}});
    found = report_.warned.end() - 1;
  }
  ++found->count;
  if (found->examples.size() >= kExamples) return;
  const std::string position = printer_.position(*batch.source, reason.row);
  found->examples.push_back(reason.hidden ? position : position + ": " + reason.reason);
}

void Finisher::count_tries(Work& work) {
  for (const plan::FieldPlan& field : table_.plan->fields) {
    std::uint64_t count = 0;
    for (const plan::Node* node : field.tries) {
      const auto found = work.evaluator->tried().find(node);
      if (found != work.evaluator->tried().end()) count += found->second;
    }
    if (count == 0) continue;
    const auto known = std::ranges::find(report_.tried, field.name, &report::Tried::field);
    if (known == report_.tried.end()) {
      report_.tried.push_back({field.name, count});
    } else {
      known->count += count;
    }
  }
}

}  // namespace etl::run
