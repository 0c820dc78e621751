#include "core/catalog/stages.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace weft::catalog {
namespace {

// Traits, by index, and behind them the gate: all traits without "*" come before it, and all with
// "*" after it.
class Order {
 public:
  explicit Order(const std::vector<const Type*>& traits)
      : gate_(traits.size()), before_(gate_ + 1), after_(gate_ + 1), stage_(gate_ + 1, 1) {
    stage_[gate_] = 0;
    std::map<std::string_view, size_t> by_name;
    for (size_t i = 0; i < traits.size(); ++i) by_name.emplace(traits[i]->name, i);
    for (size_t i = 0; i < traits.size(); ++i) {
      bool last = false;
      for (const std::string& name : traits[i]->after) {
        const auto named = by_name.find(name);
        if (named != by_name.end()) Add(named->second, i);
        last = last || name == "*";
      }
      if (last) {
        Add(gate_, i);
      } else {
        Add(i, gate_);
      }
    }
  }

  Stages Take() {
    std::vector<size_t> open(before_.size());  // How many of those before it have no stage yet.
    std::vector<size_t> ready;
    for (size_t i = 0; i < open.size(); ++i) {
      open[i] = before_[i].size();
      if (open[i] == 0) ready.push_back(i);
    }
    while (!ready.empty()) {
      const size_t i = ready.back();
      ready.pop_back();
      for (const size_t next : after_[i]) {
        stage_[next] = std::max(stage_[next], stage_[i] + (next == gate_ ? 0 : 1));
        if (--open[next] == 0) ready.push_back(next);
      }
    }
    Stages stages{.of = {stage_.begin(), stage_.end() - 1}, .cycle = FindCycle(open)};
    return stages;
  }

 private:
  void Add(size_t before, size_t after) {
    before_[after].push_back(before);
    after_[before].push_back(after);
  }

  // Whatever is still open comes after something that is, so that a walk along these ends in a
  // circle.
  std::vector<size_t> FindCycle(const std::vector<size_t>& open) const {
    const auto is_open = [&](size_t i) { return open[i] > 0; };
    std::vector<size_t> walk;
    std::vector<size_t> place(open.size(), open.size());  // In the walk.
    size_t at =
        std::find_if(open.begin(), open.end(), [](size_t n) { return n > 0; }) - open.begin();
    if (at == open.size()) return {};
    while (place[at] == open.size()) {
      place[at] = walk.size();
      walk.push_back(at);
      at = *std::find_if(before_[at].begin(), before_[at].end(), is_open);
    }
    walk.erase(walk.begin(), walk.begin() + static_cast<std::ptrdiff_t>(place[at]));
    std::erase(walk, gate_);
    return walk;
  }

  const size_t gate_;
  std::vector<std::vector<size_t>> before_;  // Of each, what it comes after.
  std::vector<std::vector<size_t>> after_;   // Of each, what comes after it.
  std::vector<int> stage_;                   // Of the gate: the last one before it.
};

}  // namespace

Stages StagesOf(const std::vector<const Type*>& traits) { return Order(traits).Take(); }

std::string CycleText(const std::vector<const Type*>& traits, const std::vector<size_t>& cycle) {
  std::string text;
  for (const size_t i : cycle) text += traits[i]->name + " after ";
  return text + traits[cycle.front()]->name;
}

}  // namespace weft::catalog
