// What a test does behind the runtime's back, and what it looks at.
#include "runtime/engine/fake_engine.h"

namespace weft::engine {

void FakeEngine::AddImage(const std::string& reference) {
  std::lock_guard lock(mutex_);
  images_[reference] = {"sha256:" + reference, {reference}, 1, absl::Now()};
  EmitLocked("image", "import", reference, {{"name", reference}});
}

void FakeEngine::AddImage(const std::string& reference, Program program) {
  AddImage(reference);
  std::lock_guard lock(mutex_);
  programs_[reference] = std::move(program);
}

void FakeEngine::SetReachable(bool reachable) {
  std::lock_guard lock(mutex_);
  reachable_ = reachable;
  changed_.notify_all();
}

void FakeEngine::Exit(const std::string& id, int exit_code, bool out_of_memory) {
  std::lock_guard lock(mutex_);
  Held& held = containers_.at(id);
  Container& c = held.container;
  c.exit_code = exit_code;
  c.out_of_memory = out_of_memory;
  c.finished_at = NowText();
  EmitLocked("container", "die", id, c.labels);
  if (!held.spec.keep_running) return EndLocked(held);
  ++c.restart_count;
  c.started_at = NowText();
  EmitLocked("container", "start", id, c.labels);
}

void FakeEngine::LoseNetwork(const std::string& id) {
  std::lock_guard lock(mutex_);
  containers_.at(id).container.addresses.clear();
}

void FakeEngine::SetStartError(absl::Status error, std::string of) {
  std::lock_guard lock(mutex_);
  start_error_ = std::move(error);
  start_error_of_ = std::move(of);
}

void FakeEngine::SetExec(absl::StatusOr<ExecResult> result) {
  std::lock_guard lock(mutex_);
  exec_ = std::move(result);
}

int FakeEngine::creations() const {
  std::lock_guard lock(mutex_);
  return creations_;
}

int FakeEngine::starts() const {
  std::lock_guard lock(mutex_);
  return starts_;
}

void FakeEngine::SetPrivateImage(const std::string& reference, const std::string& password) {
  std::lock_guard lock(mutex_);
  private_image_ = {reference, password};
}

std::vector<std::string> FakeEngine::pulled_as() const {
  std::lock_guard lock(mutex_);
  return pulled_as_;
}

int FakeEngine::pulls() const {
  std::lock_guard lock(mutex_);
  return pulls_;
}

std::vector<Bind> FakeEngine::BindsOf(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return containers_.at(id).spec.binds;
}

std::vector<std::string> FakeEngine::EnvironmentOf(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return containers_.at(id).spec.environment;
}

std::vector<VolumeMount> FakeEngine::VolumesOf(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return containers_.at(id).spec.volumes;
}

std::vector<std::string> FakeEngine::NameServersOf(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return containers_.at(id).spec.name_servers;
}

void FakeEngine::SetPodman() {
  std::lock_guard lock(mutex_);
  is_podman_ = true;
}

std::vector<std::string> FakeEngine::unpacked() const {
  std::lock_guard lock(mutex_);
  return unpacked_;
}

void FakeEngine::SetUsage(Usage usage) {
  std::lock_guard lock(mutex_);
  usage_ = usage;
}

std::set<std::string> FakeEngine::volumes() const {
  std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const auto& [name, volume] : volumes_) names.insert(name);
  for (const auto& [id, held] : containers_)
    for (const auto& [target, volume] : held.container.volumes) names.insert(volume.name);
  return names;
}

std::vector<std::string> FakeEngine::commands() const {
  std::lock_guard lock(mutex_);
  return commands_;
}

}  // namespace weft::engine
