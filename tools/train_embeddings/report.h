#pragma once

#include <string>
#include <vector>

#include "embedding/static_model.h"
#include "evaluation.h"

namespace rem::training {

struct System {
  std::string name;
  size_t dimension = 0;
  Embedder embed;
};

/// `model` outlives the system.
System StaticSystem(const StaticModel& model);

/// A table of STS-B correlation and nDCG@10 of each held-out set, for `systems` and for BM25 alone and fused with
/// the last of them. `tests` includes the sets that no setting may be chosen by.
std::string Report(const Corpus& corpus, const std::vector<ScoredPair>& scored, const std::vector<System>& systems,
                   bool tests);

}  // namespace rem::training
