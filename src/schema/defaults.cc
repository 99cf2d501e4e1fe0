#include <algorithm>
#include <map>

#include "schema/schema_compiler.h"

namespace rem {

namespace {

constexpr size_t kMaxPlans = 10'000;

/// A plan stands for one set of subschemas that look at the same place of the instance: a subschema and what it reaches
/// by $ref and allOf.
class DefaultPlanner {
 public:
  DefaultPlanner(Validator::Program& program, const std::unordered_map<NodeId, DocumentView>& defaults)
      : program_(program), defaults_(defaults) {}

  void Plan() {
    PlanFor({0});
    // Plans that are made meanwhile wait at the end of the list.
    for (size_t i = 0; i < sets_.size(); ++i) Fill(static_cast<uint32_t>(i));
    MarkUseful();
    for (DefaultPlan& plan : program_.plans) Prune(plan);
  }

 private:
  template <typename Visit>
  void ForRules(NodeId node, Visit visit) const {
    const Node& n = program_.nodes[node];
    for (const Range range : {n.any, n.arrays, n.objects}) {
      for (uint32_t i = range.begin; i < range.end; ++i) visit(program_.rules[i]);
    }
  }

  // In the order in which a default is looked for: a subschema's own before that of what it refers to.
  void AddReached(NodeId node, std::vector<NodeId>& set) const {
    if (std::find(set.begin(), set.end(), node) != set.end()) return;
    set.push_back(node);
    ForRules(node, [&](const Rule& rule) {
      if (rule.op == Op::kReference) AddReached(rule.a, set);
      if (rule.op != Op::kAllOf) return;
      for (uint32_t i = rule.a; i < rule.b; ++i) AddReached(program_.node_lists[i], set);
    });
  }

  uint32_t PlanFor(const std::vector<NodeId>& roots) {
    std::vector<NodeId> set;
    for (const NodeId node : roots) AddReached(node, set);
    const auto known = ids_.find(set);
    if (known != ids_.end()) return known->second;
    if (sets_.size() >= kMaxPlans) return kNoPlan;
    const uint32_t id = static_cast<uint32_t>(sets_.size());
    ids_.emplace(set, id);
    sets_.push_back(std::move(set));
    program_.plans.emplace_back();
    return id;
  }

  std::optional<DocumentView> DefaultOf(const std::vector<NodeId>& roots) const {
    std::vector<NodeId> set;
    for (const NodeId node : roots) AddReached(node, set);
    for (const NodeId node : set) {
      if (const auto found = defaults_.find(node); found != defaults_.end()) return found->second;
    }
    return std::nullopt;
  }

  void Fill(uint32_t id) {
    const std::vector<NodeId> set = sets_[id];
    std::map<std::string_view, std::vector<NodeId>> members;
    std::vector<NodeId> additional, items;
    std::vector<std::vector<NodeId>> prefix;
    size_t object_rules = 0, item_rules = 0;
    for (const NodeId node : set) {
      ForRules(node, [&](const Rule& rule) {
        if (rule.op == Op::kProperties) {
          const ObjectRule& object = program_.object_rules[rule.a];
          for (uint32_t i = object.properties.begin; i < object.properties.end; ++i) {
            const PropertyEntry& entry = program_.properties[i];
            if (entry.schema != kNoNode) members[entry.name].push_back(entry.schema);
          }
          ++object_rules;
          if (object.additional != kNoNode && object.patterns.empty()) additional.push_back(object.additional);
        } else if (rule.op == Op::kItems) {
          const ItemRule& item = program_.item_rules[rule.a];
          ++item_rules;
          for (uint32_t i = item.prefix.begin; i < item.prefix.end; ++i) prefix.push_back({program_.node_lists[i]});
          if (item.rest != kNoNode) items.push_back(item.rest);
        }
      });
    }
    DefaultPlan plan;
    for (const auto& [name, nodes] : members) plan.properties.push_back({name, DefaultOf(nodes), PlanFor(nodes)});
    // With several rules for one place, which of them a member or an item falls under is not worth working out.
    if (object_rules == 1 && !additional.empty()) plan.additional = PlanFor(additional);
    if (item_rules == 1) {
      for (const auto& nodes : prefix) plan.prefix.push_back(PlanFor(nodes));
      if (!items.empty()) plan.items = PlanFor(items);
    }
    program_.plans[id] = std::move(plan);
  }

  bool Useful(uint32_t id) const { return id != kNoPlan && program_.plans[id].useful; }

  void MarkUseful() {
    bool changed = true;
    while (changed) {
      changed = false;
      for (size_t i = program_.plans.size(); i-- > 0;) {
        DefaultPlan& plan = program_.plans[i];
        if (plan.useful) continue;
        bool useful = Useful(plan.items) || Useful(plan.additional);
        for (const uint32_t item : plan.prefix) useful = useful || Useful(item);
        for (const auto& property : plan.properties) useful = useful || property.value || Useful(property.plan);
        plan.useful = useful;
        changed = changed || useful;
      }
    }
  }

  void Prune(DefaultPlan& plan) const {
    const auto prune = [&](uint32_t& id) {
      if (!Useful(id)) id = kNoPlan;
    };
    prune(plan.items);
    prune(plan.additional);
    for (uint32_t& item : plan.prefix) prune(item);
    for (auto& property : plan.properties) prune(property.plan);
    // A property with nothing to do still keeps `additional` away from its member.
    if (plan.additional != kNoPlan) return;
    std::erase_if(plan.properties, [](const auto& property) { return !property.value && property.plan == kNoPlan; });
  }

  Validator::Program& program_;
  const std::unordered_map<NodeId, DocumentView>& defaults_;
  std::map<std::vector<NodeId>, uint32_t> ids_;
  std::deque<std::vector<NodeId>> sets_;
};

/// Copies an instance with its missing defaults.
class DefaultFiller {
 public:
  explicit DefaultFiller(const std::vector<DefaultPlan>& plans) : plans_(plans) {}

  bool Missing(uint32_t id, const DocumentView& instance) const {
    const DefaultPlan& plan = plans_[id];
    if (instance.kind() == NodeKind::kArray) {
      for (size_t i = 0; i < instance.size(); ++i) {
        const uint32_t item = PlanOfItem(plan, i);
        if (item != kNoPlan && Missing(item, instance.At(i))) return true;
      }
      return false;
    }
    if (instance.kind() != NodeKind::kObject) return false;
    for (const auto& property : plan.properties) {
      const auto member = instance.Find(property.name);
      if (member ? property.plan != kNoPlan && Missing(property.plan, *member) : property.value.has_value())
        return true;
    }
    for (size_t i = 0; plan.additional != kNoPlan && i < instance.size(); ++i) {
      if (FindProperty(plan, instance.KeyAt(i)) == nullptr && Missing(plan.additional, instance.ValueAt(i)))
        return true;
    }
    return false;
  }

  void Fill(uint32_t id, const DocumentView& instance) {
    if (id == kNoPlan || (instance.kind() != NodeKind::kObject && instance.kind() != NodeKind::kArray)) {
      builder_.Copy(instance);
      return;
    }
    const DefaultPlan& plan = plans_[id];
    if (instance.kind() == NodeKind::kArray) {
      builder_.BeginArray();
      for (size_t i = 0; i < instance.size(); ++i) Fill(PlanOfItem(plan, i), instance.At(i));
      builder_.EndArray();
      return;
    }
    builder_.BeginObject();
    for (size_t i = 0; i < instance.size(); ++i) {
      const std::string_view key = instance.KeyAt(i);
      const DefaultPlan::Property* property = FindProperty(plan, key);
      builder_.Key(key);
      Fill(property != nullptr ? property->plan : plan.additional, instance.ValueAt(i));
    }
    for (const auto& property : plan.properties) {
      if (!property.value || instance.Find(property.name)) continue;
      builder_.Key(property.name);
      Insert(property);
    }
    builder_.EndObject();
  }

  Document Finish() { return builder_.Finish(); }

 private:
  // A default may itself lack defaults; one that would be put into itself again ends there.
  void Insert(const DefaultPlan::Property& property) {
    const bool again = std::find(inserting_.begin(), inserting_.end(), property.plan) != inserting_.end();
    if (property.plan == kNoPlan || again) {
      builder_.Copy(*property.value);
      return;
    }
    inserting_.push_back(property.plan);
    Fill(property.plan, *property.value);
    inserting_.pop_back();
  }

  static uint32_t PlanOfItem(const DefaultPlan& plan, size_t i) {
    return i < plan.prefix.size() ? plan.prefix[i] : plan.items;
  }

  static const DefaultPlan::Property* FindProperty(const DefaultPlan& plan, std::string_view name) {
    const auto found = std::lower_bound(plan.properties.begin(), plan.properties.end(), name,
                                        [](const auto& a, std::string_view b) { return a.name < b; });
    return found != plan.properties.end() && found->name == name ? &*found : nullptr;
  }

  const std::vector<DefaultPlan>& plans_;
  std::vector<uint32_t> inserting_;
  DocumentBuilder builder_;
};

}  // namespace

void CompileDefaults(Validator::Program& program, const std::unordered_map<NodeId, DocumentView>& defaults) {
  if (!defaults.empty()) DefaultPlanner(program, defaults).Plan();
}

std::optional<Document> Validator::FillDefaults(const DocumentView& instance) const {
  if (program_->plans.empty() || !program_->plans[0].useful) return std::nullopt;
  DefaultFiller filler(program_->plans);
  if (!filler.Missing(0, instance)) return std::nullopt;
  filler.Fill(0, instance);
  return filler.Finish();
}

}  // namespace rem
