#pragma once

#include "core/model/object_reader.h"

// How each kind of OAM v1alpha1 document is read. Source: OAM v1alpha1, sections 3 and 6.
namespace weft::model {

inline constexpr char kApiVersion[] = "core.oam.dev/v1alpha1";

// The specs of the kinds, from the whole document.
void ReadComponent(ObjectReader& document, ComponentSchematic& out);
void ReadApplication(ObjectReader& document, ApplicationConfiguration& out);

// livenessProbe and readinessProbe of a container.
void ReadProbe(ObjectReader& probe, Probe& out);

// What concerns several fields of a component: every fromParam names a declared parameter.
void CheckComponentReferences(const ComponentSchematic& component, const SourceMap& places,
                              Reading& reading);

// The `name`, or another member, of each element.
template <class T>
std::vector<std::string> NamesOf(const std::vector<T>& elements,
                                 std::string T::*member = &T::name) {
  std::vector<std::string> names;
  names.reserve(elements.size());
  for (const T& element : elements) names.push_back(element.*member);
  return names;
}

}  // namespace weft::model
