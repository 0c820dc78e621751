#pragma once

#include "plugins/sdk/provider.h"

namespace weft::volume_mounter {

// Which class of storage a volume of a component comes from. Source: OAM v1alpha1, core traits,
// "Volume Mounter".
extern const sdk::Trait kVolumeMounter;

}  // namespace weft::volume_mounter
