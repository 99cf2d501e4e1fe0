#include <rem/document.h>

#include "types/document_assembler.h"
#include "types/document_layout.h"
#include "types/member_order.h"

namespace rem {

namespace {

// A null in the patch removes a member, so an object that is new in the target is merged into nothing: its nulls must
// go as well.
void Merge(const DocumentView* target, const DocumentView& patch, DocumentAssembler& out) {
  if (patch.kind() != NodeKind::kObject) {
    out.Copy(patch);
    return;
  }
  out.BeginObject();
  const MemberOrder changes(patch);
  if (target != nullptr && target->kind() == NodeKind::kObject) {
    const MemberOrder members(*target);
    for (uint32_t i = 0; i < members.size(); ++i) {
      if (patch.Find(members.name(i))) continue;
      out.Key(members.name(i));
      out.Copy(members.value(i));
    }
  }
  for (uint32_t i = 0; i < changes.size(); ++i) {
    const DocumentView change = changes.value(i);
    if (change.IsNull()) continue;
    std::optional<DocumentView> before;
    if (target != nullptr) before = target->Find(changes.name(i));
    out.Key(changes.name(i));
    Merge(before ? &*before : nullptr, change, out);
  }
  out.EndObject();
}

}  // namespace

Document MergePatch(const DocumentView& target, const DocumentView& patch) {
  // The result of two documents within the limits may be larger than either: the caller checks the size against its own
  // limit.
  DocumentAssembler assembler({.max_bytes = kMaxDocumentBytes});
  Merge(&target, patch, assembler);
  return Document::FromBytes(assembler.bytes());
}

}  // namespace rem
