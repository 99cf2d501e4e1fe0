#pragma once

#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <rem/database.h>

#include "sql/pipeline.h"
#include "sql/pipeline_session.h"
#include "store/store.h"

namespace rem {

class Session::Impl {
 public:
  Impl(std::shared_ptr<Store> store, std::shared_ptr<TenantStore> tenant)
      : store(std::move(store)), tenant(std::move(tenant)), sql(*this->tenant) {}

  /// How statements of this session run.
  QueryContext Settings() const;

  /// Reads one snapshot that keeps the database open while it lives.
  static QueryContext NewQuery(const std::shared_ptr<Impl>& self) {
    QueryContext context = self->Settings();
    context.plan_cache = nullptr;
    context.statistics = &self->tenant->statistics();
    std::tie(context.catalog, context.view) = self->sql.Consistent(self);
    // Inside a transaction the catalog may be an older one than that of the kept plans.
    if (self->sql.in_transaction()) {
      context.pool = nullptr;
    } else {
      context.plan_cache = self->plans;
    }
    return context;
  }

  // The order matters: the tenant is closed before the store that it lies in.
  std::shared_ptr<Store> store;
  std::shared_ptr<TenantStore> tenant;
  std::shared_ptr<sql::PlanCache> plans = NewPlanCache();
  std::shared_ptr<Interrupt> interrupt = std::make_shared<Interrupt>();
  SqlSession sql;
};

/// The public form of a stored row.
Record MakeRecord(const Table& table, const RowView& row);
TableInfo MakeTableInfo(const Table& table);

}  // namespace rem
