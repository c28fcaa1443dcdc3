// Sets of keys and maps from keys: lean in memory, on disk beyond settings.memory.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "engine/data/batch.h"
#include "engine/run/memory_budget.h"
#include "engine/run/spill.h"

namespace etl::run {

// Memory and disk that the sets and maps of a run share.
struct KeySpace {
  explicit KeySpace(std::size_t limit) : budget{limit} {}

  MemoryBudget budget;
  std::unique_ptr<SpillFile> file;  // Made when first needed.

  SpillFile& spill() {
    if (!file) file = std::make_unique<SpillFile>();
    return *file;
  }
};

// Open addressing with linear probing over slots that begin with their key and are plain memory; the zero key stands
// apart.
template <class Slot>
class SlotTable {
 public:
  static constexpr std::size_t kFirstCapacity = 1024;

  const Slot* find(const Key128& key) const {
    if (key == Key128{}) return has_zero_ ? &zero_ : nullptr;
    if (capacity_ == 0) return nullptr;
    for (std::size_t at = place(key);; at = next(at)) {
      if (slots_[at].key == key) return &slots_[at];
      if (slots_[at].key == Key128{}) return nullptr;
    }
  }
  // REQUIRES: not full(), and the key is not there.
  void insert(const Slot& slot) {
    ++size_;
    if (slot.key == Key128{}) {
      zero_ = slot;
      has_zero_ = true;
      return;
    }
    put(slot);
  }
  bool erase(const Key128& key);

  bool full() const { return capacity_ == 0 || size_ * 10 >= capacity_ * 7; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return capacity_ * sizeof(Slot); }
  std::size_t bytes_when_grown() const { return grown_capacity() * sizeof(Slot); }
  // In place: no second table is needed meanwhile.
  void grow();
  void prefetch(const Key128& key) const {
    if (capacity_ > 0) __builtin_prefetch(&slots_[place(key)]);
  }
  // Gives all slots in the order of their keys' bytes, and is empty then.
  template <class Use>
  void drain(Use use);
  // REQUIRES: empty.
  void halve() { resize(capacity_ / 2); }

 private:
  struct Free {
    void operator()(Slot* slots) const { std::free(slots); }
  };
  void resize(std::size_t capacity);
  void put(const Slot& slot) {
    std::size_t at = place(slot.key);
    while (!(slots_[at].key == Key128{})) at = next(at);
    slots_[at] = slot;
  }
  std::size_t grown_capacity() const { return capacity_ == 0 ? kFirstCapacity : capacity_ * 2; }
  // Consecutive integers must spread, and nothing is known of UUIDs: multiply and take the high bits.
  std::size_t place(const Key128& key) const {
    const std::uint64_t mixed = (key.low ^ (key.high * 0x9E3779B97F4A7C15ULL)) * 0xD6E8FEB86659FD93ULL;
    return static_cast<std::size_t>((mixed ^ (mixed >> 32)) & (capacity_ - 1));
  }
  std::size_t next(std::size_t at) const { return (at + 1) & (capacity_ - 1); }

  std::unique_ptr<Slot[], Free> slots_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  Slot zero_{};
  bool has_zero_ = false;
};

// Which keys are taken.
class KeySet {
 public:
  explicit KeySet(KeySpace& space) : space_{space} {}
  ~KeySet() { space_.budget.give_back(taken_); }
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  bool contains(const Key128& key) { return memory_.find(key) != nullptr || (spilled_ && spilled_->has(key)); }
  // False when the key was there.
  bool insert(const Key128& key);
  void erase(const Key128& key);
  void prefetch(const Key128& key) const { memory_.prefetch(key); }

 private:
  struct Slot {
    Key128 key;
  };
  void make_room();
  void spill();

  KeySpace& space_;
  SlotTable<Slot> memory_;
  std::size_t taken_ = 0;
  std::unique_ptr<SpilledMap> spilled_;
};

// Values of one type by key: ID maps. Texts are kept once, in the map's own memory.
class KeyMap {
 public:
  KeyMap(KeySpace& space, Type type) : space_{space}, type_{type} {}
  ~KeyMap() { space_.budget.give_back(taken_); }
  KeyMap(const KeyMap&) = delete;
  KeyMap& operator=(const KeyMap&) = delete;

  bool empty() const { return size_ == 0; }
  bool contains(const Key128& key) { return memory_.find(key) != nullptr || (spilled_ && spilled_->has(key)); }
  // The value of a key, its view copied into `arena`.
  std::optional<Value> find(const Key128& key, Arena& arena);
  // False when the key was there; the value is then left as it was. REQUIRES: `value` is of the map's type.
  bool insert(const Key128& key, const Value& value);
  void erase(const Key128& key);

 private:
  // The value's bytes: up to 16 in place, longer ones (texts, decimals) behind a pointer.
  struct Slot {
    Key128 key;
    const char* bytes = nullptr;
    std::uint64_t word = 0;  // The value itself, or how many bytes.
  };
  Slot make_slot(const Key128& key, const Value& value);
  Value read(const Slot& slot, Arena& arena) const;
  std::string encode(const Slot& slot) const;
  Value decode(std::string_view bytes, Arena& arena) const;
  void make_room(std::size_t text_bytes);
  void spill();

  KeySpace& space_;
  Type type_;
  SlotTable<Slot> memory_;
  std::unique_ptr<Arena> texts_ = std::make_unique<Arena>();
  std::size_t taken_ = 0;
  std::size_t size_ = 0;
  std::unique_ptr<SpilledMap> spilled_;
};

}  // namespace etl::run
