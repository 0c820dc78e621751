// What users write, and who goes on with it: an apply goes through the core's own
// Admission, a piece of work and an answer at a time, between everything else that happens.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "core/scheduler/revisions.h"
#include "tests/simulation/failing.h"

namespace weft::simulation {
namespace {

constexpr size_t kWaiting = 1000;  // Pieces of work: more than there ever are.

// A component, which is also the name of its only instance in an application. Fewer than the
// applications would have, so that they get in each other's way.
struct Component {
  const char* name;
  const char* type;
};
constexpr Component kComponents[] = {
    {"front", "Reading"}, {"back", "Plain"}, {"mail", "Leaving"}, {"jobs", "Leaving"}};

std::string ComponentText(const Component& component, uint64_t image) {
  return absl::StrCat(
      "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\nmetadata: {name: ",
      component.name, "}\nspec:\n  workloadType: ", component.type,
      "\n  parameters: [{name: value, type: number, required: true}]\n"
      "  containers: [{name: main, image: 'site:",
      image, "', env: [{name: VALUE, fromParam: value}]}]\n");
}

}  // namespace

void Simulation::StartCore() {
  const Installation& installation = Installation::For(
      {.ask = [this](Asked asked) { Ask(std::move(asked)); }, .runtime = link_.get()});
  events_ = MakeEvents();
  pool_ = std::make_unique<WorkerPool>(0, kWaiting);
  admission_ = std::make_unique<scheduler::Admission>(
      scheduler::Admission::Options{.store = store_.get(),
                                    .providers = &installation.providers(),
                                    .runtimes = &installation.runtimes(),
                                    .pool = pool_.get(),
                                    .events = events_.get(),
                                    .now = [this] { return now_ += kMoment; },
                                    .installation = "simulated",
                                    .on_stored =
                                        [this](const std::string& application) {
                                          if (!crashed_) dirty_.insert(application);
                                        }});
}

void Simulation::EndCore() {
  asked_.clear();
  pool_.reset();
  admission_.reset();
  for (const auto& [apply, of] : std::exchange(applies_, {}))
    if (!of.first.empty()) Told(of.first, of.second, absl::UnavailableError("the core died"));
  rendering_again_.clear();
  events_.reset();  // What was not written is lost.
}

void Simulation::ApplyComponents() {
  for (const Component& component : kComponents) ApplyText("", ComponentText(component, 0));
  while (Work()) continue;
}

// Some instances, each of some value, in an application, or a new revision of a component.
void Simulation::Apply(const std::string& name) {
  if (random_.Percent(10)) {
    const Component& component = kComponents[random_.Below(std::size(kComponents))];
    return ApplyText("", ComponentText(component, random_.Below(3)));
  }
  std::vector<std::string> instances;
  for (const Component& component : kComponents) {
    if (!random_.Percent(30)) continue;
    const uint64_t value = random_.Below(4);
    const uint64_t text = random_.Below(6);
    instances.push_back(absl::Substitute(
        R"({"componentName":"$0","instanceName":"$0",)"
        R"("parameterValues":[{"name":"value","value":$1}]$2})",
        component.name, value,
        text > 2
            ? ""
            : absl::Substitute(R"(,"traits":[{"name":"note","properties":{"text":"$0"}}])", text)));
  }
  if (instances.empty()) return;
  // As it is stored.
  ApplyText(name, absl::Substitute(R"({"apiVersion":"core.oam.dev/v1alpha1",)"
                                   R"("kind":"ApplicationConfiguration",)"
                                   R"("metadata":{"name":"$0","namespace":"$1"},)"
                                   R"("spec":{"components":[$2]}})",
                                   name, kNamespace, absl::StrJoin(instances, ",")));
}

// Of the application `name`, or of a component if that is empty.
void Simulation::ApplyText(const std::string& name, const std::string& text) {
  const int apply = ++last_apply_;
  Note(absl::StrCat("user: apply ", apply, " ", text));
  core::v1::ApplyRequest request;
  core::v1::Document& document = *request.add_documents();
  document.set_name("a.yaml");
  document.set_content(text);
  applies_[apply] = {name, text};
  admission_->Apply(std::move(request),
                    [this, apply](const absl::StatusOr<core::v1::ApplyResponse>& response) {
                      Answered(apply, response);
                    });
}

void Simulation::Rollback(const std::string& name, int64_t generation) {
  // Which it is, and what it says, is known before.
  const auto revision = scheduler::Restore(kNamespace, name, generation, durable_);
  if (!revision.ok()) return;
  core::v1::RollbackRequest request;
  request.set_namespace_(kNamespace);
  request.set_name(name);
  request.set_generation(revision->restores);
  const auto response = admission_->Rollback(request);
  Note(absl::StrCat("rollback of ", name, " to ", revision->restores, ": ",
                    response.ok() ? response->ShortDebugString() : response.status().ToString()));
  if (!response.ok()) return ToldError(name, revision->document, response.status());
  if (response->change().action() == core::v1::ApplyResponse::ACTION_UPDATED)
    Told(name, revision->document, absl::OkStatus());
}

void Simulation::Answered(int apply, const absl::StatusOr<core::v1::ApplyResponse>& response) {
  Note(absl::StrCat("apply ", apply, " is answered: ",
                    response.ok() ? response->ShortDebugString() : response.status().ToString()));
  const auto found = applies_.find(apply);
  if (found == applies_.end()) return Violated(absl::StrCat("apply ", apply, " is answered again"));
  const auto [name, document] = found->second;
  applies_.erase(found);
  if (name.empty()) return;
  if (!response.ok()) return ToldError(name, document, response.status());
  for (const core::v1::ApplyResponse::Change& change : response->changes()) {
    if (change.kind() == "ApplicationConfiguration" &&
        change.action() != core::v1::ApplyResponse::ACTION_UNCHANGED)
      return Told(name, document, absl::OkStatus());
  }
}

void Simulation::Ask(Asked asked) {
  if (Chance(1)) Crash("as it asks the provider");
  if (!crashed_) asked_.push_back(std::move(asked));
}

// Answers come in any order, or not at all.
void Simulation::AnswerOne() {
  const auto chosen = asked_.begin() + static_cast<std::ptrdiff_t>(random_.Below(asked_.size()));
  const Asked asked = std::move(*chosen);
  asked_.erase(chosen);
  const std::string& instance = asked.instance;
  if (Chance(2)) {
    Note("the provider dies");
    asked.done(absl::UnavailableError("it died"));
    for (const Asked& other : std::exchange(asked_, {}))
      other.done(absl::UnavailableError("it died"));
  } else if (Chance(3)) {
    Note(absl::StrCat("provider: no answer for ", instance));
    asked.done(absl::DeadlineExceededError("no answer"));
  } else {
    Note(absl::StrCat("provider: renders ", instance));
    asked.done(asked.answer);
  }
}

bool Simulation::Work() {
  if (crashed_) return false;
  if (asked_.empty() || random_.Percent(50)) {
    if (pool_->RunOne()) return true;
  }
  if (asked_.empty()) return false;
  AnswerOne();
  return true;
}

}  // namespace weft::simulation
