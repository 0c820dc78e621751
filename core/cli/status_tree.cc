#include "core/cli/status_tree.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace weft::cli {
namespace {

constexpr char kDim[] = "2";

std::string Paint(const std::string& text, const char* code, bool color) {
  return color ? absl::StrCat("\033[", code, "m", text, "\033[0m") : text;
}

// "Reason: message", whatever of it there is.
std::string Because(const std::string& reason, const std::string& message) {
  if (reason.empty() || message.empty()) return reason + message;
  return absl::StrCat(reason, ": ", message);
}

void AddReason(TreeNode& node, const common::v1::Health& health) {
  if (health.verdict() == common::v1::VERDICT_HEALTHY) return;
  const std::string because = Because(health.reason(), health.message());
  if (!because.empty()) node.notes.push_back(because);
}

std::string PodState(const core::v1::PodStatus& pod) {
  if (pod.deleting()) return "ending";
  if (pod.ready()) return "ready";
  if (pod.phase() == "Running") return "not ready";
  return pod.phase().empty() ? "unknown" : pod.phase();
}

std::vector<TreeNode> PodNodes(const core::v1::ComponentStatus& component,
                               const StatusStyle& style) {
  int name_width = 0, state_width = 0, ip_width = 0;
  for (const core::v1::PodStatus& pod : component.pods()) {
    name_width = std::max(name_width, Width(pod.name()));
    state_width = std::max(state_width, Width(PodState(pod)));
    ip_width = std::max(ip_width, Width(pod.ip()));
  }
  const auto padded = [](const std::string& text, int width) {
    return text + std::string(static_cast<size_t>(width - Width(text)), ' ');
  };
  std::vector<TreeNode> nodes;
  for (const core::v1::PodStatus& pod : component.pods()) {
    const std::string state = padded(PodState(pod), state_width);
    std::string line = absl::StrCat("pod ", padded(pod.name(), name_width), "  ",
                                    Paint(state, pod.ready() ? "32" : "33", style.color), "  ",
                                    padded(pod.ip(), ip_width));
    if (pod.has_started())
      absl::StrAppend(&line, "  up ",
                      FormatAge(style.now - absl::FromUnixSeconds(pod.started().seconds())));
    if (pod.restarts() > 0) absl::StrAppend(&line, "  ", Count(pod.restarts(), "restart"));
    line.erase(line.find_last_not_of(' ') + 1);
    TreeNode node = {.line = line};
    const std::string because = Because(pod.reason(), pod.message());
    if (!pod.ready() && !because.empty()) node.notes.push_back(because);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

std::string ComponentLine(const core::v1::ComponentStatus& component, const StatusStyle& style) {
  std::string about = absl::StrCat("component ", component.component_name(), ", revision ",
                                   component.revision(), ", ", component.workload_type());
  return absl::StrCat(component.instance_name(), "  ",
                      PaintedVerdict(component.health().verdict(), style.color),
                      component.stale() ? " (stale)" : "", "  ", Paint(about, kDim, style.color));
}

// Adds what the instance `key` (or, ending in '#', that of its type) steers.
void AddSteered(TreeNode& node, const core::v1::ComponentStatus& component, const std::string& key,
                const StatusStyle& style) {
  for (const core::v1::ObjectStatus& object : component.objects()) {
    for (const core::v1::SteeredLeafStatus& leaf : object.steered()) {
      if (leaf.by() != key && !(key.back() == '#' && absl::StartsWith(leaf.by(), key))) continue;
      std::string note = absl::StrCat("steers ", object.ref().kind(), "/", object.ref().name(), " ",
                                      leaf.pointer());
      if (!leaf.value().empty()) absl::StrAppend(&note, " = ", leaf.value());
      if (leaf.has_acted()) {
        const absl::Time acted = absl::FromUnixSeconds(leaf.acted().seconds());
        absl::StrAppend(&note, " (", leaf.reason(), leaf.reason().empty() ? "" : ", ",
                        FormatAge(style.now - acted), " ago)");
      }
      node.notes.push_back(std::move(note));
    }
  }
}

// `application`: the key of the component's application.
TreeNode ComponentNode(const std::string& application, const core::v1::ComponentStatus& component,
                       const StatusStyle& style) {
  const std::string key = absl::StrCat(application, "/", component.instance_name());
  TreeNode node = {.line = ComponentLine(component, style)};
  AddReason(node, component.health());
  if (component.stale()) {
    node.notes.push_back(absl::StrCat("stale: ", component.stale_reason().empty()
                                                     ? "its provider does not answer"
                                                     : component.stale_reason()));
  }
  if (component.latest_revision() > component.revision()) {
    node.notes.push_back(absl::StrCat("revision ", component.latest_revision(),
                                      " is newer: apply the application to move to it"));
  }
  for (const core::v1::ObjectStatus& object : component.objects()) {
    if (object.accepted()) continue;
    node.notes.push_back(absl::StrCat(object.ref().kind(), " ", object.ref().name(),
                                      " is not accepted yet", object.message().empty() ? "" : ": ",
                                      object.message()));
  }
  AddSteered(node, component, key, style);
  for (const common::v1::Endpoint& endpoint : component.health().endpoints()) {
    node.branches.push_back(
        {.line = absl::StrCat("endpoint ", Paint(endpoint.url(), "36", style.color),
                              endpoint.name().empty() ? "" : " (", endpoint.name(),
                              endpoint.name().empty() ? "" : ")")});
  }
  for (const core::v1::TraitStatus& trait : component.traits()) {
    TreeNode branch = {.line = absl::StrCat("trait ", trait.type(), "  ",
                                            PaintedVerdict(trait.health().verdict(), style.color))};
    AddReason(branch, trait.health());
    AddSteered(branch, component, absl::StrCat(key, "/", trait.type(), "#"), style);
    node.branches.push_back(std::move(branch));
  }
  for (TreeNode& pod : PodNodes(component, style)) node.branches.push_back(std::move(pod));
  return node;
}

// "scaler of front", or of a workload "front". Its key is NAMESPACE/APPLICATION/NAME, of a trait
// with "/TYPE#n" appended.
std::string LeavingName(const core::v1::LeavingInstance& leaving) {
  const std::vector<std::string> key = absl::StrSplit(leaving.key(), '/');
  if (key.size() < 3) return leaving.key();
  return key.size() == 3 ? key[2] : absl::StrCat(leaving.type(), " of ", key[2]);
}

TreeNode LeavingNode(const core::v1::LeavingInstance& leaving, const StatusStyle& style) {
  const absl::Duration age = style.now - absl::FromUnixSeconds(leaving.since().seconds());
  std::string line = absl::StrCat("finalizing ", LeavingName(leaving), "  ");
  if (leaving.blocked()) absl::StrAppend(&line, Paint("BLOCKED", "1;31", style.color), "  ");
  TreeNode node = {
      .line = absl::StrCat(line, Paint(absl::StrCat("for ", FormatAge(age)), kDim, style.color))};
  if (!leaving.message().empty()) node.notes.push_back(leaving.message());
  return node;
}

// Whether a component or trait has the whole's verdict, and so tells its reason.
bool ToldBelow(const core::v1::Application& application) {
  const common::v1::Verdict verdict = application.health().verdict();
  for (const core::v1::ComponentStatus& component : application.components()) {
    if (component.health().verdict() == verdict) return true;
    for (const core::v1::TraitStatus& trait : component.traits()) {
      if (trait.health().verdict() == verdict) return true;
    }
  }
  return false;
}

}  // namespace

std::string VerdictName(common::v1::Verdict verdict) {
  switch (verdict) {
    case common::v1::VERDICT_HEALTHY:
      return "HEALTHY";
    case common::v1::VERDICT_PROGRESSING:
      return "PROGRESSING";
    case common::v1::VERDICT_DEGRADED:
      return "DEGRADED";
    case common::v1::VERDICT_FAILED:
      return "FAILED";
    default:
      return "UNKNOWN";
  }
}

std::string PaintedVerdict(common::v1::Verdict verdict, bool color) {
  const char* code = "35";
  if (verdict == common::v1::VERDICT_HEALTHY) code = "1;32";
  if (verdict == common::v1::VERDICT_PROGRESSING) code = "1;33";
  if (verdict == common::v1::VERDICT_DEGRADED) code = "1;33";
  if (verdict == common::v1::VERDICT_FAILED) code = "1;31";
  return Paint(VerdictName(verdict), code, color);
}

std::string RenderStatus(const core::v1::Application& application, const StatusStyle& style) {
  std::string about = absl::StrCat("namespace ", application.namespace_(), ", generation ",
                                   application.generation());
  if (style.runtime) absl::StrAppend(&about, ", runtime ", application.runtime());
  if (application.deleting()) {
    about += ", being deleted";
  } else if (!application.settled()) {
    about += ", being carried out";
  }
  TreeNode root = {.line = absl::StrCat(Paint(application.name(), "1", style.color), "  ",
                                        PaintedVerdict(application.health().verdict(), style.color),
                                        "  ", Paint(about, kDim, style.color))};
  if (!ToldBelow(application)) AddReason(root, application.health());
  for (const std::string& problem : application.problems())
    root.notes.push_back(absl::StrCat(Paint("problem", "31", style.color), ": ", problem));
  const std::string key = absl::StrCat(application.namespace_(), "/", application.name());
  for (const core::v1::ComponentStatus& component : application.components())
    root.branches.push_back(ComponentNode(key, component, style));
  for (const core::v1::LeavingInstance& leaving : application.leaving())
    root.branches.push_back(LeavingNode(leaving, style));
  return RenderTree(root, style.width);
}

std::string SummarizeStatus(const core::v1::Application& application) {
  std::vector<std::string> parts;
  for (const core::v1::ComponentStatus& component : application.components()) {
    const auto ready = std::count_if(component.pods().begin(), component.pods().end(),
                                     [](const core::v1::PodStatus& pod) { return pod.ready(); });
    std::string part = absl::StrCat(component.instance_name(), " ", ready, "/",
                                    component.pods_size(), " pods ready");
    if (component.health().verdict() != common::v1::VERDICT_HEALTHY &&
        !component.health().reason().empty())
      absl::StrAppend(&part, " (", component.health().reason(), ")");
    parts.push_back(std::move(part));
  }
  std::string line = absl::StrCat(
      application.name(), ": ",
      application.deleting() ? "being deleted" : VerdictName(application.health().verdict()));
  // Anything but healthy says by itself that there is something left to wait for.
  if (!application.settled() && application.health().verdict() == common::v1::VERDICT_HEALTHY)
    line += ", being carried out";
  for (const core::v1::LeavingInstance& leaving : application.leaving()) {
    parts.push_back(absl::StrCat(leaving.blocked() ? "BLOCKED: " : "", "finalizing ",
                                 LeavingName(leaving), leaving.message().empty() ? "" : ": ",
                                 leaving.message()));
  }
  if (!parts.empty()) absl::StrAppend(&line, ": ", absl::StrJoin(parts, ", "));
  if (!application.problems().empty()) absl::StrAppend(&line, "; ", application.problems(0));
  return line;
}

}  // namespace weft::cli
