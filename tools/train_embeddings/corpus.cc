#include "corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <unordered_set>

#include <rem/document.h>
#include <rem/error.h>

#include "base/hash.h"
#include "embedding/text_folding.h"

namespace rem::training {
namespace {

std::string Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::ifstream Open(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::kIo, fmt::format("Cannot read \"{}\"", path), "give the path of a file");
  return file;
}

Use ParseUse(std::string_view word, int line) {
  constexpr std::pair<std::string_view, Use> kUses[] = {
      {"train", Use::kTrain}, {"split", Use::kSplit}, {"dev", Use::kDev}, {"test", Use::kTest}, {"out", Use::kOut}};
  for (const auto& [name, use] : kUses) {
    if (word == name) return use;
  }
  throw Error(ErrorCode::kInvalidText, fmt::format("Line {}: unknown use \"{}\"", line, word),
              "write train, split, dev, test or out");
}

/// Words only, so that two spellings of a text that differ in case and punctuation are the same text.
uint64_t TextKey(const std::string& text) {
  thread_local FoldedText folded;
  FoldText(text, text.size(), folded);
  return Hash64(folded.text);
}

std::string TextMember(const DocumentView& object, std::string_view key) {
  auto member = object.Find(key);
  if (!member || member->kind() != NodeKind::kText) {
    throw Error(ErrorCode::kInvalidJson, fmt::format("A pair has no text \"{}\"", key), "each line is {a, b, s}");
  }
  return std::string(member->AsText());
}

std::vector<Pair> ReadPairs(const std::string& path, const std::vector<Source>& sources) {
  std::map<std::string, uint32_t> numbers;
  for (size_t i = 0; i < sources.size(); ++i) numbers[sources[i].tag] = static_cast<uint32_t>(i);
  std::vector<Pair> pairs;
  std::ifstream file = Open(path);
  for (std::string line; std::getline(file, line);) {
    const Document document = Document::FromJson(line);
    const DocumentView object = document.view();
    const auto source = numbers.find(TextMember(object, "s"));
    if (source == numbers.end()) {
      throw Error(ErrorCode::kNotFound, fmt::format("Source \"{}\" is not listed", TextMember(object, "s")),
                  "add it to sources.txt with its licence");
    }
    if (sources[source->second].use == Use::kOut) continue;
    pairs.push_back({TextMember(object, "a"), TextMember(object, "b"), source->second});
  }
  return pairs;
}

}  // namespace

std::vector<Source> ReadSources(const std::string& path) {
  std::vector<Source> sources;
  std::ifstream file = Open(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> fields;
    for (size_t at = 0; at <= line.size();) {
      const size_t end = std::min(line.find('|', at), line.size());
      fields.push_back(Trim(std::string_view(line).substr(at, end - at)));
      at = end + 1;
    }
    if (fields.size() != 4) {
      throw Error(ErrorCode::kInvalidText, fmt::format("Line {} of \"{}\" has {} fields", number, path, fields.size()),
                  "write tag | use | licence | attribution");
    }
    Source source{fields[0], Use::kOut, 1, fields[2], fields[3]};
    const size_t times = fields[1].find(" x ");
    source.use = ParseUse(fields[1].substr(0, times), number);
    if (times != std::string::npos) source.weight = std::stod(fields[1].substr(times + 3));
    sources.push_back(std::move(source));
  }
  return sources;
}

Corpus ReadCorpus(const std::string& path, std::vector<Source> sources) {
  Corpus corpus;
  corpus.sources = std::move(sources);
  std::vector<Pair> pairs = ReadPairs(path, corpus.sources);
  std::vector<uint64_t> a_keys, b_keys;
  std::unordered_set<uint64_t> held_texts;
  for (const Pair& pair : pairs) {
    a_keys.push_back(TextKey(pair.a));
    b_keys.push_back(TextKey(pair.b));
    const Use use = corpus.sources[pair.source].use;
    if (use == Use::kDev || use == Use::kTest || (use == Use::kSplit && b_keys.back() % Corpus::kSplitModulus == 0)) {
      held_texts.insert(b_keys.back());
    }
  }
  std::map<uint32_t, size_t> sets;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Source& source = corpus.sources[pairs[i].source];
    if (source.use == Use::kTrain && held_texts.count(a_keys[i]) == 0 && held_texts.count(b_keys[i]) == 0) {
      corpus.training.push_back(std::move(pairs[i]));
    } else if (source.use == Use::kSplit && b_keys[i] % Corpus::kSplitModulus != 0) {
      if (held_texts.count(a_keys[i]) == 0) corpus.training.push_back(std::move(pairs[i]));
    } else if (source.use != Use::kTrain) {
      const auto [set, added] = sets.emplace(pairs[i].source, corpus.held_out.size());
      if (added) corpus.held_out.push_back({source.tag, source.use == Use::kTest || source.tag == "openstax-ccby", {}});
      corpus.held_out[set->second].pairs.push_back(std::move(pairs[i]));
    }
  }
  return corpus;
}

void AddSentencePairs(Corpus& corpus) {
  constexpr size_t kMinSentence = 25, kMinSentences = 3;
  std::unordered_set<uint64_t> seen;
  const size_t count = corpus.training.size();
  for (size_t i = 0; i < count; ++i) {
    const std::string text = corpus.training[i].b;
    std::vector<std::pair<size_t, size_t>> sentences;
    for (size_t begin = 0; begin < text.size();) {
      const size_t stop = std::min({text.find(". ", begin), text.find("? ", begin), text.find("! ", begin)});
      const size_t end = stop == std::string::npos ? text.size() : stop + 1;
      if (end - begin >= kMinSentence) sentences.emplace_back(begin, end);
      begin = end + 1;
    }
    const uint64_t key = TextKey(text);
    if (sentences.size() < kMinSentences || !seen.insert(key).second) continue;
    const auto [begin, end] = sentences[key % sentences.size()];
    corpus.training.push_back(
        {text.substr(begin, end - begin), text.substr(0, begin) + text.substr(end), corpus.training[i].source});
  }
}

std::vector<ScoredPair> ReadScoredPairs(const std::string& path) {
  std::vector<ScoredPair> rows;
  std::ifstream file = Open(path);
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += line[++i];
      } else if (line[i] == '"') {
        quoted = !quoted;
      } else if (line[i] == ',' && !quoted) {
        fields.emplace_back();
      } else if (line[i] != '\r') {
        fields.back() += line[i];
      }
    }
    if (fields.size() < 3) {
      throw Error(ErrorCode::kInvalidText,
                  fmt::format("Row {} of \"{}\" has {} fields", rows.size() + 1, path, fields.size()),
                  "write sentence,sentence,score");
    }
    rows.push_back({fields[0], fields[1], std::stod(fields[2])});
  }
  return rows;
}

}  // namespace rem::training
