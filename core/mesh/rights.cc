#include "core/mesh/rights.h"

#include "core/base/json.h"

namespace weft::mesh {

std::string RightsDigest(const provider::v1::DescribeResponse& description) {
  provider::v1::DescribeResponse rights;
  for (const provider::v1::Capability& from : description.capabilities()) {
    provider::v1::Capability* to = rights.add_capabilities();
    to->set_kind(from.kind());
    to->set_type(from.type());
    *to->mutable_aliases() = from.aliases();
    *to->mutable_writes() = from.writes();
    *to->mutable_applies_to() = from.applies_to();
    *to->mutable_features() = from.features();
    for (const int read : from.reads()) {  // Its workload a trait may always see.
      if (read != provider::v1::READ_WORKLOAD && read != provider::v1::READ_SHAPE)
        to->add_reads(static_cast<provider::v1::Read>(read));
    }
  }
  return json::Sha256(rights.SerializeAsString());  // It has no maps: one value, one text.
}

}  // namespace weft::mesh
