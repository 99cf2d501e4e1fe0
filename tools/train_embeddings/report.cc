#include "report.h"

#include <fmt/format.h>

namespace rem::training {
namespace {

struct Row {
  std::string name;
  std::string cells;
  double sum = 0;
  int count = 0;

  void Add(double value) {
    cells += fmt::format(" | {:.3f}", value);
    sum += value;
    ++count;
  }
};

}  // namespace

System StaticSystem(const StaticModel& model) {
  return {model.name(), model.dimension(), [&model](std::span<const std::string_view> texts, float* out) {
            StaticModel::Scratch scratch;
            for (size_t i = 0; i < texts.size(); ++i) model.Embed(texts[i], scratch, out + i * model.dimension());
          }};
}

std::string Report(const Corpus& corpus, const std::vector<ScoredPair>& scored, const std::vector<System>& systems,
                   bool tests) {
  constexpr double kFusionWeight = 0.5;
  std::vector<Row> rows;
  for (const System& system : systems) {
    rows.push_back(
        {system.name, fmt::format(" | {:.4f}", ScoredPairCorrelation(scored, system.embed, system.dimension))});
  }
  rows.push_back({"BM25", " | -"});
  rows.push_back({fmt::format("BM25 + {} x {}", kFusionWeight, systems.back().name), " | -"});
  std::string header = "| system | STS-B dev", line = "|---|---:";
  for (const HeldOut& set : corpus.held_out) {
    if (set.test && !tests) continue;
    const RetrievalTask task = MakeRetrievalTask(set);
    header += fmt::format(" | {}{} ({} in {})", set.name, set.test ? ", test" : "", task.queries.size(),
                          task.documents.size());
    line += "|---:";
    Scorer last;
    for (size_t i = 0; i < systems.size(); ++i) {
      last = CosineScorer(task, systems[i].embed, systems[i].dimension);
      rows[i].Add(MeanNdcg(task, last));
    }
    const Scorer bm25 = Bm25Scorer(task);
    rows[systems.size()].Add(MeanNdcg(task, bm25));
    rows[systems.size() + 1].Add(MeanNdcg(task, FusedScorer(bm25, last, kFusionWeight)));
  }
  std::string report = header + " | mean nDCG@10 |\n" + line + "|---:|\n";
  for (const Row& row : rows) report += fmt::format("| {}{} | {:.4f} |\n", row.name, row.cells, row.sum / row.count);
  return report;
}

}  // namespace rem::training
