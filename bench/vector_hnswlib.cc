#include "vector_peer.h"

#ifdef REM_HAS_HNSWLIB

#include <hnswlib/hnswlib.h>

#include <atomic>

#include "measure.h"

namespace rem::bench {

namespace {

class HnswlibPeer : public VectorPeer {
 public:
  HnswlibPeer(uint32_t m, uint32_t ef_construction) : m_(m), ef_construction_(ef_construction) {}

  std::string name() const override { return "hnswlib"; }

  void Build(const float* vectors, size_t count, size_t dimension, int threads) override {
    space_ = std::make_unique<hnswlib::InnerProductSpace>(dimension);
    index_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), count, m_, ef_construction_);
    std::atomic<size_t> next{0};
    Parallel(threads, [&](int) {
      for (size_t i; (i = next++) < count;) index_->addPoint(vectors + i * dimension, i);
    });
  }

  size_t Search(const float* query, size_t k, size_t ef, uint64_t* out) override {
    index_->setEf(ef);
    auto found = index_->searchKnn(query, k);
    const size_t count = found.size();
    for (size_t i = count; i-- > 0; found.pop()) out[i] = found.top().second;
    return count;
  }

 private:
  uint32_t m_;
  uint32_t ef_construction_;
  std::unique_ptr<hnswlib::InnerProductSpace> space_;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> index_;
};

}  // namespace

std::unique_ptr<VectorPeer> MakeHnswlibPeer(uint32_t m, uint32_t ef_construction) {
  return std::make_unique<HnswlibPeer>(m, ef_construction);
}

}  // namespace rem::bench

#else

namespace rem::bench {

std::unique_ptr<VectorPeer> MakeHnswlibPeer(uint32_t, uint32_t) { return nullptr; }

}  // namespace rem::bench

#endif
