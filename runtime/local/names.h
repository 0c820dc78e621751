#pragma once

#include <string>

// The names and labels that the local runtime gives to what it makes on the engine. Pure.
namespace weft::local {

// Everything on the engine that is ours bears this label with the installation's id; what does not
// is never touched, but for images, where somebody asks to prune them.
inline constexpr char kInstallationLabel[] = "weft.dev/installation";
inline constexpr char kNamespaceLabel[] = "weft.dev/namespace";
inline constexpr char kControllerLabel[] = "weft.dev/controller";  // "KIND/NAME"
inline constexpr char kClaimLabel[] = "weft.dev/claim";            // Its name.
inline constexpr char kPodLabel[] = "weft.dev/pod";
inline constexpr char kContainerLabel[] = "weft.dev/container";  // Its name in the pod.
inline constexpr char kRunLabel[] = "weft.dev/run";              // Which run of it, from 0.
inline constexpr char kJoinedLabel[] =
    "weft.dev/joined";  // The start of the sandbox it was made for.
inline constexpr char kCrashesLabel[] = "weft.dev/crashes";     // Runs before it that ended soon.
inline constexpr char kEndedForLabel[] = "weft.dev/ended-for";  // Why the runtime ended the last.
inline constexpr char kTellOutputLabel[] = "weft.dev/tell-output";  // When it fails (LastOutputs).
inline constexpr char kTemplateLabel[] = "weft.dev/template";       // The pod template's hash.
inline constexpr char kRulesLabel[] = "weft.dev/rules";             // PodRules as JSON.

// A pod of this namespace that bears the label is a provider, and gets the identity of that name.
inline constexpr char kSystemNamespace[] = "weft-system";
inline constexpr char kProviderLabel[] = "weft.dev/provider";

// The engine network of a namespace.
std::string NetworkName(const std::string& installation, const std::string& ns);

// The volume of a claim. Dots cannot stand in its parts, so no two claims share one.
std::string ClaimVolumeName(const std::string& installation, const std::string& ns,
                            const std::string& claim);

// What kControllerLabel says of the object with this key, and back.
std::string ControllerOf(const std::string& key);
std::string KeyOfController(const std::string& controller, const std::string& ns);

// The pod of a template at `index`, a DNS label. The same template and index always
// give the same name, so a pod that was made halfway is found again and never made twice.
std::string PodName(const std::string& controller, const std::string& template_hash, int index);

// The pod of a StatefulSet at `index`, whatever its template.
std::string StatefulPodName(const std::string& controller, int index);

// The claim of that pod by one of the set's claim templates.
std::string StatefulClaimName(const std::string& claim_template, const std::string& controller,
                              int index);

// The sandbox of a pod. Dots cannot stand in its parts, so no two pods share one.
std::string SandboxName(const std::string& installation, const std::string& ns,
                        const std::string& pod);

// One run of a container of a pod.
std::string RunName(const std::string& installation, const std::string& ns, const std::string& pod,
                    const std::string& container, int run);

}  // namespace weft::local
