#pragma once

#include <map>
#include <string>

namespace weft::model {

struct Metadata {
  std::string name;
  std::string name_space;  // Never empty after decoding: the document's, or the default.
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
};

}  // namespace weft::model
