// A function of the mapping language: a table row that says everything about it, and how to run it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/batch.h"
#include "engine/data/type.h"
#include "engine/data/value.h"

namespace etl::converters {

class PasswordSeals;

// What a run fixes once, for every row: functions read the world through this alone.
struct RunContext {
  Instant now = {};              // Start of the run.
  std::string timezone = "UTC";  // settings.timezone.
  std::string seed = {};         // settings.seed.
  Uuid run_id = {};
  std::string mapping_name = {};  // uuid5's name space...
  std::string table_name = {};    // ...with the mapping table's name (hard-parts.md 12).
  std::uint64_t random_seed = 0;  // uuid4: 0 asks the system, else reproducible (etl test).
  // When set, passwords are sealed instead of hashed: whoever verifies a run checks them against the stored hashes.
  std::shared_ptr<PasswordSeals> seals = {};
};

// What a kernel sees besides its arguments.
struct KernelContext {
  Arena& arena;                    // For texts that the result points to.
  std::size_t rows = 0;            // Of every argument and of the result.
  const Bitmap* active = nullptr;  // When set, only these rows matter; the others give NULL unseen.
  Failures& failures;              // Rows that fail: add in row order, leave NULL in the column.
  const Batch* source = nullptr;   // For line_number(), file_name() and the like.
  const RunContext& run;

  bool is_active(std::size_t row) const { return active == nullptr || active->test(row); }
};

// Computes a whole column. Arguments have the types that `bind` was told, and `context.rows` rows.
using Kernel = std::function<ColumnPtr(std::span<const ColumnPtr> arguments, KernelContext& context)>;

// An aggregate at work: folds the rows of any number of batches into one value per group.
class Aggregation {
 public:
  virtual ~Aggregation() = default;

  // Takes the active rows of a batch, in source order; groups[row] is the row's group, numbered from 0 as they appear.
  // A row that cannot be taken fails in `context`.
  virtual void add(std::span<const ColumnPtr> arguments, std::span<const std::uint32_t> groups,
                   KernelContext& context) = 0;
  // The values of `count` groups from `first` on; views into the arena.
  virtual ColumnPtr finish(std::size_t first, std::size_t count, KernelContext& context) = 0;
  // Bytes held.
  virtual std::size_t bytes() const = 0;
};

// One use of a function in a mapping, when the mapping is compiled.
struct Use {
  std::vector<Type> types;                      // Of the arguments; never `any` (the plan dispatches on it).
  std::vector<std::optional<Value>> constants;  // Arguments known now: literals and constant expressions.
  const RunContext* run = nullptr;              // Time zone and names; `now` is not to be read here.
};

struct Parameter {
  std::string_view name;
  TypeSet types = {};
  bool optional = false;
  bool repeated = false;  // The last one: any number of them (also none, when `optional`).
  bool constant = false;  // Must be a literal: patterns, formats, units, encodings.
  bool secret = false;    // Must be a secret param (E308).
};

// How the result's type follows from the arguments.
struct Result {
  enum class Kind : std::uint8_t {
    fixed,   // `type`.
    same,    // The type of the first argument.
    common,  // The common type of all arguments (coalesce): widened, else an error (E321).
  };
  Kind kind = Kind::fixed;
  Type type = Type::text;
};

enum class Inverse : std::uint8_t { exact, canonical, none };  // Printed as = ~ - .

struct Example {
  std::string_view expression;  // "trim('  Ada ')"
  std::string_view result;      // An expression for the value, "null", or "fails: " and a part of the reason.
};

enum class OnNull : std::uint8_t {
  returns_null,  // A NULL argument gives NULL without a call (in optional arguments too).
  is_called,     // The kernel sees NULLs: coalesce, concat, nullif, array, ...
};

struct Function {
  std::string_view name;
  std::string_view family;  // text, number, time, uuid, json, list, markdown, hash, logic, lookup, row, aggregate.
  std::string_view doc;     // One sentence or two, with a full stop.
  std::vector<Parameter> parameters = {};
  Result result = {};
  Inverse inverse = Inverse::none;
  std::string_view fails = "never";  // When it fails.
  OnNull on_null = OnNull::returns_null;
  std::vector<Example> examples = {};
  bool aggregate = false;
  // Same arguments, same result, whenever and wherever: may be computed once for constants. False for now(),
  // uuid4(), row_number(), line_number().
  bool pure = true;
  // Says why constant arguments are wrong (a pattern, a unit, a cost), "" when they are right: E309 at the
  // argument `index`. May be empty.
  std::function<std::string(const Use& use, std::size_t& index)> check_constants = {};
  // Makes the kernel for one use. Empty: not available yet (said at plan time, with the place).
  std::function<Kernel(const Use& use)> bind = {};
  // The same for an aggregate. Arguments of type `any` are its own to judge.
  std::function<std::unique_ptr<Aggregation>(const Use& use)> fold = {};
};

// Every function, families in the order of the manual. converters/catalog.cpp joins the families' tables.
const std::vector<Function>& functions();
const Function* function_named(std::string_view name);
std::vector<std::string> function_names();

// The conversion between two types that `text()`, `int()`, ... and the last step of a field share.
// Empty when there is none. `timezone` is needed between wall clocks and instants.
// From `any` each value is converted by its own type; a value whose type does not convert fails.
Kernel conversion(Type from, Type to, const RunContext& run);
// Whether the last step of a field does this conversion without being asked (language.md, section 5).
enum class Convertible : std::uint8_t { always, may_fail, lossy, never };
Convertible convertible_by_itself(Type from, Type to);

// Operators and comparison kernels, for the plan: typed loops over two columns.
// arithmetic: "+", "-", "*", "/", "%" on two columns of one number type (the plan widens before).
Kernel arithmetic(char op, Type type);
Kernel negation(Type type);
// "=", "!=", "<", "<=", ">", ">=" on two columns of one type.
Kernel comparison(std::string_view op, Type type);
Kernel concatenation();                 // text || text; NULL if either is.
Kernel like(std::string_view pattern);  // A constant pattern with % and _; \% and \_ are literal.
Kernel like();                          // The pattern is the second argument.

}  // namespace etl::converters
