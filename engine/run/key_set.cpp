#include "engine/run/key_set.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "engine/run/columns.h"

namespace etl::run {

template <class Slot>
bool SlotTable<Slot>::erase(const Key128& key) {
  const Slot* found = find(key);
  if (found == nullptr) return false;
  --size_;
  if (key == Key128{}) {
    has_zero_ = false;
    return true;
  }
  // Later slots of the same run move up, so that no gap cuts them off.
  auto gap = static_cast<std::size_t>(found - slots_.get());
  for (std::size_t at = next(gap); !(slots_[at].key == Key128{}); at = next(at)) {
    const std::size_t home = place(slots_[at].key);
    const bool may_move = gap <= at ? home <= gap || home > at : home <= gap && home > at;
    if (!may_move) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = Slot{};
  return true;
}

template <class Slot>
void SlotTable<Slot>::resize(std::size_t capacity) {
  static_assert(std::is_trivially_copyable_v<Slot>);
  void* const moved = std::realloc(slots_.get(), capacity * sizeof(Slot));
  if (moved == nullptr) throw std::bad_alloc{};
  (void)slots_.release();
  slots_.reset(static_cast<Slot*>(moved));
  if (capacity > capacity_) std::fill(&slots_[capacity_], &slots_[0] + capacity, Slot{});
  capacity_ = capacity;
}

// A slot's place stays the same or lies in the new half. Taken in order from behind a gap, each finds its place before
// the slots that are still to be moved.
template <class Slot>
void SlotTable<Slot>::grow() {
  const std::size_t old = capacity_;
  resize(grown_capacity());
  if (old == 0) return;
  std::size_t gap = 0;
  while (!(slots_[gap].key == Key128{})) ++gap;
  for (std::size_t i = 1; i < old; ++i) {
    Slot& slot = slots_[(gap + i) & (old - 1)];
    if (!(slot.key == Key128{})) put(std::exchange(slot, Slot{}));
  }
}

template <class Slot>
template <class Use>
void SlotTable<Slot>::drain(Use use) {
  const std::span<Slot> all{slots_.get(), capacity_};
  std::ranges::sort(
      all, [](const Slot& one, const Slot& other) { return std::memcmp(&one.key, &other.key, sizeof(Key128)) < 0; });
  if (has_zero_) use(zero_);
  for (const Slot& slot : all) {
    if (!(slot.key == Key128{})) use(slot);
  }
  std::ranges::fill(all, Slot{});
  size_ = 0;
  has_zero_ = false;
}

// ---- KeySet

void KeySet::make_room() {
  if (!memory_.full()) return;
  const bool first = memory_.bytes() == 0;  // The first few are always kept in memory.
  const std::size_t more = memory_.bytes_when_grown() - memory_.bytes();
  if (first || space_.budget.take(more)) {
    if (!first) taken_ += more;
    return memory_.grow();
  }
  spill();
}

// Half of the memory goes to the filter that knows which keys are not on disk.
void KeySet::spill() {
  const std::size_t half = memory_.bytes() / 2;
  const bool first = !spilled_;
  if (first) spilled_ = std::make_unique<SpilledMap>(space_.spill(), half);
  memory_.drain([this](const Slot& slot) { spilled_->put(slot.key, {}); });
  if (first) memory_.halve();
}

bool KeySet::insert(const Key128& key) {
  if (contains(key)) return false;
  make_room();
  memory_.insert({key});
  return true;
}

void KeySet::erase(const Key128& key) {
  if (!memory_.erase(key) && spilled_) spilled_->erase(key);
}

// ---- KeyMap

namespace {

template <class T>
constexpr bool kIsView = std::is_same_v<T, std::string_view> || std::is_same_v<T, Bytes> || std::is_same_v<T, Json> ||
                         std::is_same_v<T, List>;

template <class T>
std::string_view view_of(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return value;
  } else {
    return value.view;
  }
}

std::size_t bytes_beside(Type type, const Value& value) {
  if (const std::size_t bytes = view_bytes(value); bytes > 0) return bytes;
  return type == Type::decimal ? sizeof(Decimal) : 0;
}

}  // namespace

KeyMap::Slot KeyMap::make_slot(const Key128& key, const Value& value) {
  return with_storage(type_, [&]<class T>() -> Slot {
    Slot slot{.key = key};
    if constexpr (std::is_same_v<T, Value>) {
      return slot;  // Keys of unknown type are refused by the plan.
    } else if constexpr (kIsView<T>) {
      const std::string_view kept = texts_->copy(view_of(std::get<T>(value)));
      slot.bytes = kept.data();
      slot.word = kept.size();
    } else if constexpr (sizeof(T) <= 16) {
      std::memcpy(&slot.bytes, &std::get<T>(value), std::min<std::size_t>(8, sizeof(T)));
      if constexpr (sizeof(T) > 8) std::memcpy(&slot.word, reinterpret_cast<const char*>(&std::get<T>(value)) + 8, 8);
    } else {
      char* kept = texts_->allocate(sizeof(T));
      std::memcpy(kept, &std::get<T>(value), sizeof(T));
      slot.bytes = kept;
      slot.word = sizeof(T);
    }
    return slot;
  });
}

// Value types are plain memory: what is kept of one is its bytes, or a view's bytes.
std::string KeyMap::encode(const Slot& slot) const {
  return with_storage(type_, [&]<class T>() -> std::string {
    if constexpr (kIsView<T> || sizeof(T) > 16) {
      return slot.word == 0 ? std::string{} : std::string{slot.bytes, slot.word};
    } else {
      char bytes[16];
      std::memcpy(bytes, &slot.bytes, 8);
      std::memcpy(bytes + 8, &slot.word, 8);
      return {bytes, sizeof(T)};
    }
  });
}

Value KeyMap::decode(std::string_view bytes, Arena& arena) const {
  return with_storage(type_, [&]<class T>() -> Value {
    if constexpr (std::is_same_v<T, Value>) {
      return {};
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      return arena.copy(bytes);
    } else if constexpr (kIsView<T>) {
      return T{arena.copy(bytes)};
    } else {
      T value{};
      std::memcpy(&value, bytes.data(), sizeof(T));
      return value;
    }
  });
}

Value KeyMap::read(const Slot& slot, Arena& arena) const { return decode(encode(slot), arena); }

std::optional<Value> KeyMap::find(const Key128& key, Arena& arena) {
  if (const Slot* slot = memory_.find(key)) return read(*slot, arena);
  if (!spilled_) return std::nullopt;
  const auto bytes = spilled_->find(key);
  if (!bytes) return std::nullopt;
  return decode(*bytes, arena);
}

void KeyMap::make_room(std::size_t text_bytes) {
  const bool first = memory_.bytes() == 0;
  const std::size_t slots = memory_.full() ? memory_.bytes_when_grown() - memory_.bytes() : 0;
  const std::size_t more = text_bytes + (first ? 0 : slots);
  if (first || space_.budget.take(more)) {
    if (!first) taken_ += more;
    if (memory_.full()) memory_.grow();
    return;
  }
  spill();
}

// As a KeySet does it; the texts are no longer needed.
void KeyMap::spill() {
  const std::size_t kept = memory_.bytes() + (spilled_ ? spilled_->filter_bytes() : 0);
  const bool first = !spilled_;
  if (first) spilled_ = std::make_unique<SpilledMap>(space_.spill(), kept / 2);
  memory_.drain([this](const Slot& slot) { spilled_->put(slot.key, encode(slot)); });
  if (first) memory_.halve();
  texts_ = std::make_unique<Arena>();
  space_.budget.give_back(taken_);
  taken_ = space_.budget.take(kept) ? kept : 0;
}

bool KeyMap::insert(const Key128& key, const Value& value) {
  if (contains(key)) return false;
  make_room(bytes_beside(type_, value));
  memory_.insert(make_slot(key, value));
  ++size_;
  return true;
}

void KeyMap::erase(const Key128& key) {
  if (memory_.erase(key)) {
    --size_;
  } else if (spilled_ && spilled_->has(key)) {
    spilled_->erase(key);
    --size_;
  }
}

}  // namespace etl::run
