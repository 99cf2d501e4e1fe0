#include "base/random.h"

#include <pthread.h>

#include <atomic>
#include <random>

#include "base/bytes.h"

namespace rem {

namespace {

// Counts the forks behind this process. A child inherits the state of its parent's generators and would give out the
// same ids.
std::atomic<uint64_t> fork_count{0};

void CountFork() { fork_count.fetch_add(1, std::memory_order_relaxed); }

struct ThreadGenerator {
  uint64_t fork = fork_count.load(std::memory_order_relaxed);
  Random random = Random::FromSystem();
};

Random& ThreadRandom() {
  static const int registered = pthread_atfork(nullptr, nullptr, CountFork);
  static_cast<void>(registered);
  thread_local ThreadGenerator generator;
  if (generator.fork != fork_count.load(std::memory_order_relaxed)) generator = ThreadGenerator();
  return generator.random;
}

}  // namespace

Random Random::FromSystem() {
  std::random_device device;
  return Random(static_cast<uint64_t>(device()) << 32 | device());
}

uint64_t Random::Next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Uuid NewUuid(int64_t now_micros) {
  Random& random = ThreadRandom();
  const auto millis = static_cast<uint64_t>(now_micros < 0 ? 0 : now_micros / 1000);
  const uint64_t high = millis << 16 | 0x7000 | (random.Next() & 0x0fff);
  const uint64_t low = (random.Next() & 0x3fffffffffffffff) | 0x8000000000000000;
  Uuid uuid;
  const uint64_t words[2] = {__builtin_bswap64(high), __builtin_bswap64(low)};
  std::memcpy(uuid.bytes.data(), words, sizeof(words));
  return uuid;
}

}  // namespace rem
