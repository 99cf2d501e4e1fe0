#include "types/key_dictionary.h"

#include <bit>

#include "base/check.h"
#include "base/hash.h"

namespace rem {

namespace {

// Chunk k holds kFirstChunk << k names, so a small dictionary is small and a full one has few chunks.
constexpr uint32_t kFirstChunk = 32;
constexpr uint32_t kChunks = 10;
static_assert(kFirstChunk * ((1u << kChunks) - 1) >= KeyDictionary::kMaxKeys);

struct Place {
  uint32_t chunk;
  uint32_t offset;
};

Place PlaceOf(uint32_t id) {
  const auto chunk = static_cast<uint32_t>(std::bit_width(id / kFirstChunk + 1)) - 1;
  return {chunk, id - kFirstChunk * ((1u << chunk) - 1)};
}

// Open addressing with linear probing. An entry is the upper half of the name's hash and id + 1; 0 is empty. Entries
// are only ever added, so a reader that probes while a name is being added sees it or does not.
struct Table {
  explicit Table(uint32_t capacity) : mask(capacity - 1), entries(new std::atomic<uint64_t>[capacity]()) {}

  void Insert(uint64_t hash, uint32_t id) {
    auto slot = static_cast<uint32_t>(hash) & mask;
    while (entries[slot].load(std::memory_order_relaxed) != 0) slot = (slot + 1) & mask;
    entries[slot].store((hash & 0xffffffff00000000) | (id + 1), std::memory_order_release);
  }

  uint32_t mask;
  std::unique_ptr<std::atomic<uint64_t>[]> entries;
};

uint64_t NextSerial() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

struct KeyDictionary::State {
  std::atomic<uint32_t> size{0};
  std::atomic<std::string*> chunks[kChunks] = {};
  std::atomic<Table*> table{nullptr};
  // Only the writer touches these. Outgrown tables stay alive because a reader may still be probing them; together they
  // are smaller than the newest one.
  std::vector<std::unique_ptr<std::string[]>> owned_chunks;
  std::vector<std::unique_ptr<Table>> owned_tables;
};

KeyDictionary::KeyDictionary() : serial_(NextSerial()), state_(std::make_unique<State>()) {
  state_->owned_tables.push_back(std::make_unique<Table>(2 * kFirstChunk));
  state_->table.store(state_->owned_tables.back().get(), std::memory_order_release);
}

KeyDictionary::~KeyDictionary() = default;

uint32_t KeyDictionary::size() const { return state_->size.load(std::memory_order_acquire); }

std::string_view KeyDictionary::Name(uint32_t id) const {
  REM_DCHECK(id < size());
  const Place place = PlaceOf(id);
  return state_->chunks[place.chunk].load(std::memory_order_acquire)[place.offset];
}

std::optional<uint32_t> KeyDictionary::Find(std::string_view name) const {
  const uint64_t hash = Hash64(name);
  const Table& table = *state_->table.load(std::memory_order_acquire);
  for (auto slot = static_cast<uint32_t>(hash) & table.mask;; slot = (slot + 1) & table.mask) {
    const uint64_t entry = table.entries[slot].load(std::memory_order_acquire);
    if (entry == 0) return std::nullopt;
    if ((entry ^ hash) >> 32 != 0) continue;
    const auto id = static_cast<uint32_t>(entry) - 1;
    const Place place = PlaceOf(id);
    if (state_->chunks[place.chunk].load(std::memory_order_acquire)[place.offset] == name) return id;
  }
}

std::optional<uint32_t> KeyDictionary::Add(std::string_view name) {
  State& state = *state_;
  const uint32_t id = state.size.load(std::memory_order_relaxed);
  if (id >= kMaxKeys) return std::nullopt;
  REM_DCHECK(!Find(name));
  const Place place = PlaceOf(id);
  std::string* chunk = state.chunks[place.chunk].load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    state.owned_chunks.push_back(std::make_unique<std::string[]>(kFirstChunk << place.chunk));
    chunk = state.owned_chunks.back().get();
    state.chunks[place.chunk].store(chunk, std::memory_order_release);
  }
  chunk[place.offset] = name;

  Table* table = state.table.load(std::memory_order_relaxed);
  // At most half full, so that a probe is short and always meets an empty entry.
  if (2 * (id + 1) > table->mask + 1) {
    auto larger = std::make_unique<Table>(2 * (table->mask + 1));
    for (uint32_t known = 0; known < id; ++known) larger->Insert(Hash64(Name(known)), known);
    larger->Insert(Hash64(name), id);
    state.size.store(id + 1, std::memory_order_release);
    state.table.store(larger.get(), std::memory_order_release);
    state.owned_tables.push_back(std::move(larger));
    return id;
  }
  // The size first: a reader that finds an id may ask for its name at once.
  state.size.store(id + 1, std::memory_order_release);
  table->Insert(Hash64(name), id);
  return id;
}

}  // namespace rem
