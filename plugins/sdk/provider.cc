#include "plugins/sdk/provider.h"

namespace weft::sdk {

const Projection* AssessRequest::Find(const ObjectRef& object) const {
  for (const Projection& projection : observed) {
    const ObjectRef& ref = projection.ref;
    if (ref.api_version == object.api_version && ref.kind == object.kind &&
        ref.name == object.name &&
        (object.name_space.empty() || ref.name_space == object.name_space)) {
      return &projection;
    }
  }
  return nullptr;
}

const SteeredValue* AssessRequest::SteeredScale() const {
  for (const SteeredValue& leaf : steered) {
    if (leaf.object.api_version == shape.api_version && leaf.object.kind == shape.kind &&
        leaf.object.name == instance.name && leaf.pointer == shape.scale)
      return &leaf;
  }
  return nullptr;
}

}  // namespace weft::sdk
