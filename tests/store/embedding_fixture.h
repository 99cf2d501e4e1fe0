#pragma once

#include <optional>
#include <string>

#include "store/scripted_provider.h"
#include "store/store_fixture.h"

namespace rem {

/// A store whose worker pauses for no time, and the scripted provider.
class EmbeddingFixture : public StoreFixture {
 protected:
  static constexpr int64_t kLong = 60'000;

  EmbeddingFixture() : provider_(ScriptedProvider::Fresh()) { WithoutPauses(); }
  ~EmbeddingFixture() override { provider_.Hold(false); }

  /// Needed after every Reopen.
  void WithoutPauses() {
    EmbeddingWorkerSettings settings;
    settings.first_pause_ms = settings.longest_pause_ms = 0;
    tenant_->embedding().Configure(settings);
  }
  std::optional<VectorValue> Vector(const Uuid& id, const std::string& column = "embedding") const {
    ReadView view = tenant_->Latest();
    const auto place = view.FindId(id);
    if (!place) return std::nullopt;
    const TablePtr table = tenant_->catalog()->FindById(place->first);
    VectorValue vector;
    if (!view.GetVector(*table, *table->FindVector(column), place->second, vector)) return std::nullopt;
    return vector;
  }

  ScriptedProvider& provider_;
};

}  // namespace rem
