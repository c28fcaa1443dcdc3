#include "engine/run/held_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "engine/base/error.h"
#include "engine/run/columns.h"

namespace etl::run {

namespace {

std::size_t bytes_of(const HeldRow& row) {
  std::size_t bytes = sizeof(HeldRow) + row.position.size() + row.source.size();
  for (const Value& value : row.values) bytes += sizeof(Value) + view_bytes(value);
  for (const HeldRow::Wait& wait : row.waits) bytes += sizeof(HeldRow::Wait) + wait.missing.reason.size();
  for (const Reason& reason : row.reasons) bytes += sizeof(Reason) + reason.reason.size();
  bytes += row.index_keys.size() * sizeof(row.index_keys[0]) + row.own_keys.size() * 3 * sizeof(Key128);
  return bytes;
}

}  // namespace

void HeldRows::add(HeldRow row) {
  const std::size_t bytes = bytes_of(row);
  if (!budget_.take(bytes)) {
    throw Error{Error::Kind::environment,
                fmt::format("{}: {} rows refer to rows that come later, and settings.memory ({} MB) is used up",
                            table_.plan->name, rows_.size(), budget_.limit() >> 20),
                "give the source an order: in which parents come first, or raise settings.memory"};
  }
  taken_ += bytes;
  for (Value& value : row.values) value = keep(value, arena_);
  if (!row.rejected) {
    by_key_.resize(std::max(by_key_.size(), row.own_keys.size()));
    for (std::size_t link = 0; link < row.own_keys.size(); ++link) {
      if (row.own_keys[link]) by_key_[link].try_emplace(*row.own_keys[link], rows_.size());
    }
  }
  rows_.push_back(std::move(row));
}

std::optional<std::size_t> HeldRows::find(std::size_t link, const Key128& key) const {
  if (link >= by_key_.size()) return std::nullopt;
  const auto found = by_key_[link].find(key);
  if (found == by_key_[link].end()) return std::nullopt;
  return found->second;
}

void HeldRows::take_off(std::size_t index) {
  const HeldRow& row = rows_[index];
  for (std::size_t link = 0; link < row.own_keys.size() && link < by_key_.size(); ++link) {
    if (!row.own_keys[link]) continue;
    const auto found = by_key_[link].find(*row.own_keys[link]);
    if (found != by_key_[link].end() && found->second == index) by_key_[link].erase(found);
  }
}

void HeldRows::truncate(std::size_t size) {
  while (rows_.size() > size) {
    take_off(rows_.size() - 1);
    const std::size_t bytes = bytes_of(rows_.back());
    budget_.give_back(bytes);
    taken_ -= bytes;
    rows_.pop_back();
  }
}

std::vector<std::size_t> HeldRows::parents(std::size_t index) const {
  std::vector<std::size_t> out;
  for (const HeldRow::Wait& wait : rows_[index].waits) {
    const auto parent = find(wait.link, wait.parent);
    if (parent && *parent != index && !rows_[*parent].rejected) out.push_back(*parent);
  }
  return out;
}

void HeldRows::settle(const HasParent& has_parent) {
  dependents_.assign(rows_.size(), {});
  std::vector<std::size_t> orphans;
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    if (rows_[index].rejected) continue;
    for (const HeldRow::Wait& wait : rows_[index].waits) {
      const auto parent = find(wait.link, wait.parent);
      if (parent && *parent != index && !wait.order_only) dependents_[*parent].push_back(index);
    }
    const bool orphan = std::ranges::any_of(rows_[index].waits, [&](const HeldRow::Wait& wait) {
      return !wait.order_only && !find(wait.link, wait.parent) && !has_parent(wait);
    });
    if (orphan) orphans.push_back(index);
  }
  reject_dependents(std::move(orphans));
}

void HeldRows::reject_dependents(std::vector<std::size_t> gone) {
  std::deque<std::size_t> queue(gone.begin(), gone.end());
  while (!queue.empty()) {
    const std::size_t index = queue.front();
    queue.pop_front();
    HeldRow& row = rows_[index];
    if (row.rejected) continue;
    row.rejected = true;
    take_off(index);
    for (const auto& [number, key] : row.index_keys) table_.indexes[number]->keys.erase(key);
    if (row.id_key && table_.ids) table_.ids->erase(*row.id_key);
    queue.insert(queue.end(), dependents_[index].begin(), dependents_[index].end());
  }
}

void HeldRows::reject(std::size_t row, Reason reason) {
  rows_[row].reasons.push_back(std::move(reason));
  rows_[row].refused = true;
  reject_dependents({row});
}

void HeldRows::complete_reasons(const HasParent& has_parent) {
  for (HeldRow& row : rows_) {
    if (!row.rejected) continue;
    for (const HeldRow::Wait& wait : row.waits) {
      if (row.refused || wait.order_only) continue;
      if (!find(wait.link, wait.parent) && !has_parent(wait)) row.reasons.push_back(wait.missing);
    }
    for (Reason& reason : row.reasons) reason.row = 0;
    put_in_order(row.reasons);
  }
}

namespace {

// Tarjan's strongly connected components without recursion: a chain of parents may be as long as the table.
// Components come out parents first.
class Components {
 public:
  explicit Components(std::vector<std::vector<std::size_t>> edges)
      : edges_{std::move(edges)}, number_(edges_.size(), 0), low_(edges_.size(), 0), on_stack_(edges_.size(), false) {}

  void visit(std::size_t start) {
    if (number_[start] != 0) return;
    enter(start);
    while (!path_.empty()) {
      auto& [node, next] = path_.back();
      if (next < edges_[node].size()) {
        const std::size_t parent = edges_[node][next++];
        if (number_[parent] == 0) {
          enter(parent);
        } else if (on_stack_[parent]) {
          low_[node] = std::min(low_[node], number_[parent]);
        }
      } else {
        leave();
      }
    }
  }
  std::vector<std::vector<std::size_t>> take() { return std::move(found_); }

 private:
  void enter(std::size_t node) {
    number_[node] = low_[node] = ++counter_;
    stack_.push_back(node);
    on_stack_[node] = true;
    path_.emplace_back(node, 0);
  }
  void leave() {
    const std::size_t node = path_.back().first;
    path_.pop_back();
    if (!path_.empty()) low_[path_.back().first] = std::min(low_[path_.back().first], low_[node]);
    if (low_[node] != number_[node]) return;
    std::vector<std::size_t> component;
    do {
      component.push_back(stack_.back());
      on_stack_[stack_.back()] = false;
      stack_.pop_back();
    } while (component.back() != node);
    std::ranges::sort(component);
    found_.push_back(std::move(component));
  }

  std::vector<std::vector<std::size_t>> edges_;
  std::vector<std::size_t> number_, low_;
  std::vector<bool> on_stack_;
  std::vector<std::size_t> stack_;
  std::vector<std::pair<std::size_t, std::size_t>> path_;
  std::size_t counter_ = 0;
  std::vector<std::vector<std::size_t>> found_;
};

}  // namespace

std::vector<std::vector<std::size_t>> HeldRows::units() const {
  std::vector<std::vector<std::size_t>> edges(rows_.size());
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    if (!rows_[index].rejected) edges[index] = parents(index);
  }
  Components components{std::move(edges)};
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    if (!rows_[index].rejected) components.visit(index);
  }
  return components.take();
}

}  // namespace etl::run
