#include "core/model/yaml_tree.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"

namespace weft::model {
namespace {

// Where a pointer leads: the deepest value that exists on its way, and the key that led there.
struct Way {
  const Node* node = nullptr;
  Position key;
};

Way Follow(const Node& root, std::string_view pointer) {
  Way way{&root, root.place};
  while (!pointer.empty() && pointer[0] == '/') {
    const std::string_view rest = pointer.substr(1);
    const std::string_view raw = rest.substr(0, rest.find('/'));
    pointer = rest.substr(raw.size());
    if (way.node->kind == Node::Kind::kMap) {
      const std::string token = absl::StrReplaceAll(absl::string_view(raw.data(), raw.size()),
                                                    {{"~1", "/"}, {"~0", "~"}});
      const Member* member = way.node->Find(token);
      if (member == nullptr) break;
      way = {member->value.get(), member->place};
    } else if (way.node->kind == Node::Kind::kList) {
      size_t index = 0;
      if (!absl::SimpleAtoi(absl::string_view(raw.data(), raw.size()), &index)) break;
      if (index >= way.node->items.size()) break;
      const Node* item = way.node->items[index].get();
      way = {item, item->place};
    } else {
      break;
    }
  }
  return way;
}

}  // namespace

const Member* Node::Find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

Position Tree::Value(std::string_view pointer) const { return Follow(*root_, pointer).node->place; }

Position Tree::Key(std::string_view pointer) const { return Follow(*root_, pointer).key; }

}  // namespace weft::model
