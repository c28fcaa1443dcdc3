// A bound expression: names resolved, types known, kernels chosen. Computes columns from columns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/source_text.h"
#include "engine/converters/function.h"
#include "engine/data/batch.h"

namespace etl::plan {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

// Equal subexpressions of one table are one node, so each is computed once per batch.
struct Node {
  enum class Kind : std::uint8_t {
    constant,      // value
    column,        // index: a column of the frame
    call,          // kernel over arguments: functions, operators, conversions
    case_of,       // when1, then1, when2, then2, ... [else]
    coalesce,      // the first that is not NULL; later ones are computed only for rows that need them
    try_of,        // arguments[0], or where it fails arguments[1] (NULL without one)
    logical_and,   // three-valued; the right side is computed only where the left does not decide
    logical_or,
    logical_not,
    is_null,
    is_not_null,
    reference,     // table[key, ...]: index = parent in Plan::tables; the key of the row made from that source key
    reference_column,  // table[key, ...].column: the same, part = the column in TablePlan::target
    in_reference,  // key in table
    lookup,        // lookup[key]: index into Plan::lookups, part = which of its values
    in_lookup,
    key_of,        // the key under which Plan::lookups[index] has the value
    each,          // body for every item of the list arguments[0]; NULL results are left out
    row,           // the whole source row as a JSON object
    made,          // index: a column that the run computes beforehand; arguments: what it is made of
  };

  Kind kind = Kind::constant;
  Type type = Type::any;
  std::vector<NodePtr> arguments = {};
  Value value = {};            // constant: texts live in the plan's arena.
  std::size_t index = 0;
  std::size_t part = 0;
  converters::Kernel kernel = {};  // call
  NodePtr body = {};           // each: over a frame of its own, whose only column holds the items
  bool pure = true;            // False below now(), uuid4(), row_number(): not computed at plan time.
  bool secret = false;         // A secret param, or computed from one.
  std::string text = {};       // As the language writes it, for plan and messages.
  Span at = {};
  const converters::Function* function = nullptr;  // call: of the catalogue; null for operators and conversions.
};

// A column and the rows of it that failed (nullptr: none).
struct Evaluated {
  ColumnPtr column;
  std::shared_ptr<const Failures> failures;
};

// What a reference or lookup needs from the run.
class References {
 public:
  using KernelContext = converters::KernelContext;

  virtual ~References() = default;
  // table[keys]: the target keys. `table` indexes Plan::tables. Rows without a parent fail with rule "parent" and
  // "users has no row for '9'"; a NULL key gives NULL. Only active rows of the context count.
  virtual ColumnPtr resolve(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context) = 0;
  // table[keys].column: that column of the parent's row.
  virtual ColumnPtr resolve_column(std::size_t table, std::size_t column, std::span<const ColumnPtr> keys,
                                   KernelContext& context) = 0;
  // key in table.
  virtual ColumnPtr exists(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context) = 0;
  // lookup[keys] and key in lookup. Unknown keys fail with rule "lookup".
  virtual ColumnPtr look_up(std::size_t lookup, std::size_t part, std::span<const ColumnPtr> keys,
                            KernelContext& context) = 0;
  virtual ColumnPtr has_entry(std::size_t lookup, std::span<const ColumnPtr> keys, KernelContext& context) = 0;
  // key_of(lookup, value): the first key with that value. Values that no key has fail with rule "lookup".
  virtual ColumnPtr key_of(std::size_t lookup, const ColumnPtr& values, KernelContext& context) = 0;
};

// Computes nodes over one frame of columns (a batch's source columns, or a table's finished target columns).
class Evaluator {
 public:
  // `frame` are the columns that Kind::column indexes, with what already failed in them. All pointers outlive
  // the evaluator. `references` may be null where no node needs it.
  Evaluator(std::vector<Evaluated> frame, std::size_t rows, Arena& arena, const converters::RunContext& run,
            References* references, const Batch* source, const std::vector<std::string>* frame_names = nullptr);

  // With `active` only those rows are computed; the others are NULL.
  Evaluated evaluate(const NodePtr& node, const Bitmap* active = nullptr);

  // The column that Node::Kind::made with this index stands for. REQUIRES: set before it is needed.
  void set_made(std::size_t index, Evaluated column);
  // How many values each try() replaced so far.
  const std::unordered_map<const Node*, std::uint64_t>& tried() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Merges two lists of failures; of two for one row the first list's stays.
Failures merge(const Failures& first, const Failures& second);

}  // namespace etl::plan
