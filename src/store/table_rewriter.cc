#include "store/table_rewriter.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>
#include <rem/error.h>

#include "storage/key_codec.h"
#include "storage/row_codec.h"
#include "store/record_entries.h"
#include "store/record_input.h"
#include "store/unique_keys.h"

namespace rem {
namespace {

// The records are rewritten in one commit, so that a crash leaves the old table or the new one.
constexpr size_t kMaxRewriteBytes = size_t{512} << 20;

class Rewriter {
 public:
  Rewriter(const TenantContext& context, const Engine& reader, const Table& before, const Table& after,
           const Redefinition& change, const std::function<void(const std::vector<std::string>&)>& add_keys,
           Commit& commit)
      : context_(context),
        reader_(reader),
        before_(before),
        after_(after),
        change_(change),
        add_keys_(add_keys),
        commit_(commit) {}

  void Run() {
    const std::string prefix = TablePrefix(before_.tenant, before_.id);
    auto it = reader_.Scan(Family::kRows, {.lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      Rewrite(RowIdOfRowKey(it->key()), it->value());
      if (bytes_ <= kMaxRewriteBytes) continue;
      throw Error(
          ErrorCode::kLimitExceeded,
          fmt::format("Changing table \"{}\" takes more than {} bytes at once", before_.name(), kMaxRewriteBytes),
          "make a new table with the definition wanted and insert the records into it");
    }
  }

 private:
  void Rewrite(RowId row, std::string_view bytes) {
    const RowView view(bytes, before_.keys.get());
    const Document changed = change_.transform ? change_.transform(view.properties()) : Document();
    const DocumentView properties = change_.transform ? DocumentView(changed) : view.properties();
    if (!view.deleted()) {
      if (change_.check_rows) CheckProperties(after_, properties, context_.clock->NowMicros());
      CheckUnique(properties);
      RecordEntries before, after;
      AppendRecordEntries(before_, row, view.properties(), before);
      AppendRecordEntries(after_, row, properties, after);
      for (const auto& entry : after) bytes_ += entry.second.size();
      AppendEntryChanges(before, after, commit_.batch);
    }
    if (change_.transform && changed.view() != view.properties()) PutRow(row, view, bytes, properties);
  }

  void PutRow(RowId row, const RowView& view, std::string_view bytes, const DocumentView& properties) {
    RowHeader header = view.header();
    header.modified_at = std::max(context_.clock->NowMicros(), header.modified_at);
    std::string encoded;
    std::vector<std::string> missing;
    EncodeRow(header, properties, *after_.keys, encoded, missing);
    if (!missing.empty()) {
      add_keys_(missing);
      encoded.clear();
      missing.clear();
      EncodeRow(header, properties, *after_.keys, encoded, missing);
    }
    PendingChange change;
    change.entry.operation = view.deleted() ? ChangeOperation::kDelete : ChangeOperation::kUpdate;
    change.entry.live_before = change.entry.live_after = !view.deleted();
    change.entry.table = before_.id;
    change.entry.row = row;
    change.entry.id = header.id;
    change.entry.previous = view.sequence();
    if (view.sequence() >= context_.log->first_kept())
      commit_.batch.Put(Family::kLog, LogKey(before_.tenant, view.sequence(), LogPart::kImage), bytes);
    change.row_handle = commit_.batch.Put(Family::kRows, RowKey(before_.tenant, before_.id, row), encoded);
    commit_.changes.push_back(std::move(change));
    bytes_ += bytes.size() + encoded.size();
  }

  void CheckUnique(const DocumentView& properties) {
    for (const UniqueKey& key : UniqueKeysOf(after_, properties)) {
      if (keys_.insert(key.exact).second) continue;
      try {
        ThrowDuplicateKey(key.index->field, properties);
      } catch (const Error& error) {
        std::string detail = error.detail();
        detail.replace(detail.find(" already exists."), std::string::npos, " is duplicated.");
        throw Error(ErrorCode::kUniqueViolation,
                    fmt::format("could not create unique index \"{}\"", key.index->field.name),
                    "change the records that share the key first")
            .WithDetail(std::move(detail));
      }
    }
  }

  const TenantContext& context_;
  const Engine& reader_;
  const Table& before_;
  const Table& after_;
  const Redefinition& change_;
  const std::function<void(const std::vector<std::string>&)>& add_keys_;
  Commit& commit_;
  std::unordered_set<std::string> keys_;
  size_t bytes_ = 0;
};

}  // namespace

void RewriteRows(const TenantContext& context, const Engine& reader, const Table& before, const Table& after,
                 const Redefinition& change, const std::function<void(const std::vector<std::string>&)>& add_keys,
                 Commit& commit) {
  Rewriter(context, reader, before, after, change, add_keys, commit).Run();
}

}  // namespace rem
