#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "runtime/local/admission.h"
#include "runtime/local/object.h"

// What the readers of kinds that have pods share. Each adds what is wrong at its pointer.
namespace weft::local {

// The pod template of an object of `kind` at "/spec/template", all of whose leaves have the right
// types; `restart`: which restart policies it may say, the first one if it says none. Its pods have
// the volumes `own` too, which take the place of those of the same name.
PodTemplate ReadPodTemplate(const json::value& object, const char* kind,
                            const std::vector<std::string>& restart, const Machine& machine,
                            std::vector<Problem>& problems, const std::vector<Volume>& own = {});

// That `selector` of the object chooses the pods of its template.
void CheckSelector(const json::value& object, const char* kind, const Labels& template_labels,
                   std::vector<Problem>& problems);

// The probes of the container at `at`, whose ports are read.
Probes ReadProbes(const json::value& container, const std::string& at, const PodContainer& spec,
                  std::vector<Problem>& problems);

// What it is told before it ends, likewise.
std::optional<Action> ReadPreStop(const json::value& container, const std::string& at,
                                  const PodContainer& spec, std::vector<Problem>& problems);

// The volumes of the pod whose spec is at `at`.
std::vector<Volume> ReadVolumes(const json::value& pod, const std::string& at,
                                std::vector<Problem>& problems);

// Where the container at `at` sees them.
std::vector<VolumeMount> ReadMounts(const json::value& container, const std::string& at,
                                    const std::vector<Volume>& volumes,
                                    std::vector<Problem>& problems);

}  // namespace weft::local
