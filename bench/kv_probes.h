#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <rem/database.h>

#include "kv_row.h"
#include "measure.h"
#include "rem_peer.h"

// What is measured in a process of its own, where the memory is that of one database. Each prints three numbers.

namespace rem::bench {

inline OpenOptions OptionsFor(const std::string& path, Durability durability) {
  OpenOptions options;
  options.path = path;
  options.durability = durability;
  return options;
}

/// Milliseconds to open and get a record; megabytes of this process then, and after reading.
inline void ProbeOpen(const std::string& dir, uint64_t rows) {
  const double before = ResidentMegabytes();
  const double start = WallSeconds();
  RemPeer rem(OptionsFor(dir + "/rem", Durability::kNormal));
  Require(rem.GetViews(0) == MakeKvRow(0).views, "first get after opening");
  const double milliseconds = 1e3 * (WallSeconds() - start);
  const double opened = ResidentMegabytes();
  Random random(3);
  for (int i = 0; i < 100'000; ++i) Require(rem.GetViews(random.Below(rows)) >= 0, "get in the child process");
  Require(rem.CountRatedAbove(0) == static_cast<int64_t>(rows), "scan in the child process");
  std::printf("%f %f %f\n", milliseconds, opened - before, ResidentMegabytes() - before);
}

/// Kilobytes of memory and of disk for one tenant among many, and milliseconds to open them all again.
inline void ProbeTenants(const std::string& dir, uint64_t tenants) {
  const OpenOptions options = OptionsFor(dir + "/rem", Durability::kNormal);
  const std::vector<KvRow> rows = MakeKvRows(0, 10);
  const Document schema = KvSchema();
  const auto count = static_cast<double>(tenants);
  double kilobytes = 0, milliseconds = 0;
  const auto name = [](uint64_t i) { return "tenant" + std::to_string(i); };
  {
    Database database = Database::Open(options);
    std::vector<Session> sessions;
    const double before = ResidentMegabytes();
    for (uint64_t i = 0; i < tenants; ++i) {
      sessions.push_back(database.OpenSession(name(i)));
      sessions.back().RegisterSchema("ent", schema);
      for (const KvRow& row : rows) sessions.back().Insert("ent", Document::FromJson(row.json));
    }
    kilobytes = 1024 * (ResidentMegabytes() - before) / count;
    for (const Session& session : sessions) Require(session.Count("ent") == 10, "rows of a tenant");
  }
  const double start = WallSeconds();
  {
    Database database = Database::Open(options);
    for (uint64_t i = 0; i < tenants; ++i) {
      Require(database.OpenSession(name(i), false).Get(rows[3].id).has_value(),
              "record of a tenant after opening again");
    }
    milliseconds = 1e3 * (WallSeconds() - start);
    database.Compact();
  }
  std::printf("%f %f %f\n", kilobytes, DiskBytes(dir + "/rem") / 1024 / count, milliseconds);
}

}  // namespace rem::bench
