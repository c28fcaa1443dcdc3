// Functions of which one argument is a name of the mapping and not a value: each and key_of.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/bind.h"

namespace etl::plan {

using converters::Function;
using spec::Expression;

namespace {

std::shared_ptr<Expression> name_expression(std::string text, const Expression& at) {
  auto name = std::make_shared<Expression>();
  name->kind = Expression::Kind::name;
  name->text = std::move(text);
  name->at = name->name_at = at.at;
  return name;
}

// `word` applied to `it`: word[it] for a lookup or a table, word(it) for a converter or a function.
Expression applied_to_it(const Expression& word, bool looks_up) {
  Expression applied;
  applied.kind = looks_up ? Expression::Kind::index : Expression::Kind::call;
  applied.at = applied.name_at = word.at;
  if (looks_up) {
    applied.arguments.push_back(name_expression(word.text, word));
  } else {
    applied.text = word.text;
  }
  applied.arguments.push_back(name_expression("it", word));
  return applied;
}

}  // namespace

NodePtr Binder::bind_each(const Expression& expression, const Function& function) {
  const Expression& word = *expression.arguments[1];
  std::vector<NodePtr> lists{bind(*expression.arguments[0])};
  const bool named = word.kind == Expression::Kind::name;
  const bool looks_up = named && (compiler_.lookup(word.text) || compiler_.head(word.text));
  if (!looks_up && !(named && (compiler_.converter(word.text) || converters::function_named(word.text)))) {
    auto names = compiler_.lookup_and_table_names();
    std::ranges::copy(compiler_.converter_names(), std::back_inserter(names));
    std::ranges::copy(converters::function_names(), std::back_inserter(names));
    diagnostics().add(303, word.at, "each needs the name of a converter, function, lookup or table",
                      did_you_mean(word.text, names));
    return nullptr;
  }
  if (!lists.front()) return nullptr;
  if (lists.front()->type == Type::json) lists.front() = convert(lists.front(), Type::list);
  if (!TypeSet{Type::any, Type::list}.has(lists.front()->type)) {
    if (!fit_arguments(expression, function, lists)) return nullptr;
  }
  lists.front() = convert(lists.front(), Type::list);

  // The body sees the item and nothing else: its frame is not the row's.
  Scope scope{.subject = fmt::format("each(..., {})", word.text)};
  NodePool pool;
  Binder inner{compiler_, scope, run_, pool};
  inner.depth_ = depth_;
  inner.in_try_ = in_try_;
  Node item{.kind = Node::Kind::column, .type = Type::any, .index = 0};
  item.text = "it";
  item.at = word.at;
  inner.set_it(std::make_shared<const Node>(std::move(item)));
  const NodePtr body = inner.bind(applied_to_it(word, looks_up));
  if (!body) return nullptr;
  tries_.insert(tries_.end(), inner.tries_.begin(), inner.tries_.end());

  return make(expression, {.kind = Node::Kind::each, .type = Type::list, .arguments = std::move(lists), .body = body},
              "each:" + word.text);
}

NodePtr Binder::bind_key_of(const Expression& expression, const Function&) {
  const Expression& word = *expression.arguments[0];
  NodePtr value = bind(*expression.arguments[1]);
  const auto index = word.kind == Expression::Kind::name ? compiler_.lookup(word.text) : std::nullopt;
  if (!index) {
    diagnostics().add(303, word.at, "key_of needs the name of a lookup",
                      did_you_mean(word.text, compiler_.lookup_and_table_names()));
    return nullptr;
  }
  LookupPlan& lookup = compiler_.plan().lookups[*index];
  if (lookup.parts.empty()) return nullptr;  // Said already.
  const Type held = lookup.parts.front().type;
  value = bind_field(value, held, lookup.name, name(held), expression.arguments[1]->at);
  if (!value) return nullptr;
  lookup.is_reversed = true;
  Node node{.kind = Node::Kind::key_of,
            .type = lookup.key ? lookup.key->type : Type::text,
            .arguments = {value},
            .index = *index};
  node.pure = false;  // Entries may come from a database.
  return make(expression, std::move(node), "key_of");
}

}  // namespace etl::plan
