#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace weft::engine {

// Something in an archive; root owns it.
struct TarEntry {
  enum class Type { kFile, kDirectory, kLink };
  Type type = Type::kFile;
  std::string path;
  std::string content = {};  // Of a link: where it leads.
  int mode = 0644;           // Of a link: of no meaning.
};

// A tar archive (POSIX.1-2001, pax) as an engine takes it. `modified`: the time of all that is in
// it.
std::string TarOf(const std::vector<TarEntry>& entries, absl::Time modified = absl::UnixEpoch());

}  // namespace weft::engine
