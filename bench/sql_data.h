#pragma once

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"

namespace rem::bench {

/// One row of the table `articles`.
struct Article {
  std::string id, name, category, status, author, published_at, content;
  int64_t views = 0;
  double rating = 0;
};

/// One row of the table `authors`.
struct Author {
  std::string author, country;
  int64_t karma = 0;
};

inline constexpr int kAuthors = 1000;

inline std::string Numbered(const char* format, int64_t number) {
  char text[48];
  std::snprintf(text, sizeof text, format, static_cast<long long>(number));
  return text;
}

inline std::string ArticleName(uint64_t number) { return Numbered("article-%07lld", static_cast<int64_t>(number)); }
inline std::string AuthorName(uint64_t number) { return Numbered("author%04lld", static_cast<int64_t>(number)); }

/// Calls `visit` for `count` articles, the same ones in every run: unique names in scattered order, 20 categories, a
/// skewed status, 1,000 authors, skewed views, two decimals of rating, 190 characters of words of which one row in a
/// hundred holds "zebrafish".
inline void ForEachArticle(uint64_t count, const std::function<void(const Article&)>& visit) {
  static constexpr const char* kSyllables[] = {"ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "du"};
  Random random(7);
  std::vector<std::string> words;
  for (int i = 0; i < 2000; ++i)
    words.push_back(std::string(kSyllables[i % 10]) + kSyllables[i / 10 % 10] + kSyllables[i / 100 % 10] +
                    (i >= 1000 ? "n" : ""));
  Article article;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t a = random.Next(), b = random.Next();
    char id[40];
    std::snprintf(id, sizeof id, "%08x-%04x-4%03x-a%03x-%012llx", static_cast<unsigned>(a >> 32),
                  static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xfff),
                  static_cast<unsigned>(b >> 52), static_cast<unsigned long long>(b & 0xffffffffffff));
    article.id = id;
    article.name = ArticleName(i * 7919 % count);
    article.category = Numbered("cat%02lld", static_cast<int64_t>(random.Below(20)));
    const double kind = random.Uniform();
    article.status = kind < 0.7 ? "published" : kind < 0.9 ? "draft" : kind < 0.98 ? "archived" : "deleted";
    article.author = AuthorName(random.Below(kAuthors));
    article.views = static_cast<int64_t>(1'000'000 * std::pow(random.Uniform(), 3));
    article.rating = std::round((1 + 4 * random.Uniform()) * 100) / 100;
    const int64_t minute = static_cast<int64_t>(i);
    article.published_at = Numbered("2024-01-%02lld", 1 + minute / 1440 % 28) + Numbered("T%02lld", minute / 60 % 24) +
                           Numbered(":%02lld:00Z", minute % 60);
    article.content.clear();
    while (article.content.size() < 190) article.content += words[random.Below(words.size())] + " ";
    article.content.resize(190);
    if (random.Below(100) == 0) article.content.replace(80, 11, " zebrafish ");
    visit(article);
  }
}

inline void ForEachAuthor(const std::function<void(const Author&)>& visit) {
  for (int64_t i = 0; i < kAuthors; ++i)
    visit({AuthorName(static_cast<uint64_t>(i)), Numbered("country%02lld", i * 37 % 50), i * i % 997});
}

}  // namespace rem::bench
