#include "runtime/engine/fake_engine.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/base/status.h"

namespace weft::engine {
namespace {

bool Bears(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
    const auto found = labels.find(entry.first);
    return found != labels.end() && found->second == entry.second;
  });
}

// So many last lines of a text, each of which ends with a newline; `lines` below 0: all.
std::string LastLines(const std::string& text, int64_t lines) {
  size_t at = text.size();
  for (; lines > 0 && at > 0; --lines) at = at > 1 ? text.rfind('\n', at - 2) + 1 : 0;
  return lines < 0 ? text : text.substr(at);
}

}  // namespace

FakeEngine::FakeEngine() = default;

std::string FakeEngine::NowText() {
  return absl::FormatTime(absl::RFC3339_full, absl::Now(), absl::UTCTimeZone());
}

void FakeEngine::EndLocked(Held& held) {
  held.container.state = "exited";
  held.container.pid = 0;
  held.container.addresses.clear();
}

absl::Status FakeEngine::ReachableLocked() const {
  return reachable_ ? absl::OkStatus() : absl::UnavailableError("the engine is away");
}

void FakeEngine::EmitLocked(const std::string& type, const std::string& action,
                            const std::string& id, const Labels& attributes) {
  events_.push_back({type, action, id, attributes});
  changed_.notify_all();
}

absl::StatusOr<FakeEngine::Held*> FakeEngine::FindLocked(const std::string& id) {
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  for (auto& [key, held] : containers_)
    if (key == id || held.container.name == id) return &held;
  return absl::NotFoundError("no such container: " + id);
}

absl::Status FakeEngine::Ping() {
  std::lock_guard lock(mutex_);
  return ReachableLocked();
}

absl::StatusOr<Info> FakeEngine::GetInfo() {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  return Info{.is_podman = is_podman_,
              .version = "fake",
              .os = "linux",
              .architecture = "amd64",
              .cpus = 4,
              .memory_bytes = int64_t{8} << 30};
}

absl::StatusOr<std::string> FakeEngine::CreateContainer(const ContainerSpec& spec) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  if (images_.count(spec.image) == 0) return absl::NotFoundError("No such image: " + spec.image);
  for (const auto& [id, held] : containers_) {
    if (held.container.name == spec.name)
      return absl::FailedPreconditionError("the name is in use: " + spec.name);
  }
  const std::string id = absl::StrCat("c", ++counter_);
  Container c;
  c.id = id;
  c.name = spec.name;
  c.image = spec.image;
  c.labels = spec.labels;
  c.created = absl::Now();
  c.state = "created";
  for (const VolumeMount& mount : spec.volumes) {
    const std::string name = mount.volume.empty() ? absl::StrCat("v", ++counter_) : mount.volume;
    c.volumes[mount.target] = {name, absl::StrCat("/volumes/", name, "/_data")};
  }
  containers_[id] = {c, spec, {}};
  ++creations_;
  EmitLocked("container", "create", id, c.labels);
  return id;
}

absl::Status FakeEngine::StartContainer(const std::string& id) {
  std::lock_guard lock(mutex_);
  WEFT_ASSIGN_OR_RETURN(Held * held, FindLocked(id));
  Container& c = held->container;
  if (c.state == "running") return absl::OkStatus();
  if (!start_error_.ok() && c.name.find(start_error_of_) != std::string::npos) {
    c.error = std::string(start_error_.message());
    c.exit_code = 127;
    return start_error_;
  }
  const bool shares = !held->spec.network_of.empty();
  if (shares) {
    WEFT_ASSIGN_OR_RETURN(const Held* other, FindLocked(held->spec.network_of));
    if (other->container.state != "running")
      return absl::FailedPreconditionError("cannot join network of a non running container");
  } else if (held->spec.network != "none" && networks_.count(held->spec.network) == 0) {
    return absl::NotFoundError("network " + held->spec.network + " not found");
  }
  c.state = "running";
  c.pid = ++counter_;
  c.started_at = NowText();
  c.finished_at.clear();
  if (!shares) {
    c.addresses[held->spec.network] =
        held->spec.address.empty() ? absl::StrCat("172.17.0.", counter_) : held->spec.address;
    c.network_namespace = absl::StrCat("/netns/", counter_);
  }
  ++starts_;
  EmitLocked("container", "start", id, c.labels);
  const auto program = programs_.find(c.image);
  if (program != programs_.end()) RunLocked(*held, program->second);
  return absl::OkStatus();
}

void FakeEngine::RunLocked(Held& held, const Program& program) {
  Container& c = held.container;
  held.run = program(c.id, held.spec);
  if (!held.run.exit_code.has_value()) return;
  c.exit_code = *held.run.exit_code;
  c.out_of_memory = held.run.out_of_memory;
  c.finished_at = NowText();
  EndLocked(held);
  EmitLocked("container", "die", c.id, c.labels);
}

absl::Status FakeEngine::StopContainer(const std::string& id, absl::Duration) {
  std::lock_guard lock(mutex_);
  WEFT_ASSIGN_OR_RETURN(Held * held, FindLocked(id));
  if (held->container.state != "running") return absl::OkStatus();
  held->container.exit_code =
      programs_.contains(held->container.image) ? held->run.exit_code_when_stopped : 128 + SIGTERM;
  held->container.finished_at = NowText();
  EndLocked(*held);
  EmitLocked("container", "die", id, held->container.labels);
  return absl::OkStatus();
}

absl::Status FakeEngine::RemoveContainer(const std::string& id) {
  std::lock_guard lock(mutex_);
  const absl::StatusOr<Held*> held = FindLocked(id);
  if (absl::IsNotFound(held.status())) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(held.status());
  const Labels labels = (*held)->container.labels;
  const std::string removed = (*held)->container.id;
  containers_.erase(removed);
  EmitLocked("container", "destroy", removed, labels);
  return absl::OkStatus();
}

absl::StatusOr<ExecResult> FakeEngine::Exec(const std::string& id,
                                            const std::vector<std::string>& command,
                                            absl::Duration) {
  std::lock_guard lock(mutex_);
  WEFT_ASSIGN_OR_RETURN(const Held* held, FindLocked(id));
  if (held->container.state != "running")
    return absl::FailedPreconditionError("the container is not running");
  commands_.push_back(absl::StrCat(held->container.id, " ", absl::StrJoin(command, " ")));
  const auto program = programs_.find(held->container.image);
  if (program == programs_.end()) return exec_;
  ContainerSpec spec = held->spec;
  spec.command.assign(command.begin() + 1, command.end());
  const Run run = program->second(held->container.id, spec);
  return ExecResult{run.exit_code.value_or(0), run.output};
}

absl::StatusOr<std::unique_ptr<Command>> FakeEngine::StartCommand(const std::string& id,
                                                                  const CommandSpec& spec) {
  class Ended final : public Command {
   public:
    explicit Ended(ExecResult result) : result_(std::move(result)) {}
    absl::StatusOr<std::optional<Output>> Read() override {
      if (result_.output.empty()) return std::nullopt;
      return Output{false, std::exchange(result_.output, "")};
    }
    absl::StatusOr<int64_t> ExitCode() override { return result_.exit_code; }
    absl::Status Write(std::string_view) override { return absl::OkStatus(); }
    void CloseInput() override {}
    absl::Status Resize(uint32_t, uint32_t) override { return absl::OkStatus(); }
    void Cancel() override {}

   private:
    ExecResult result_;
  };
  WEFT_ASSIGN_OR_RETURN(ExecResult result, Exec(id, spec.words, absl::InfiniteDuration()));
  return std::make_unique<Ended>(std::move(result));
}

absl::Status FakeEngine::Unpack(const std::string& id, const std::string& path,
                                const std::string& archive) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(FindLocked(id).status());
  unpacked_.push_back(absl::StrCat(id, " ", path, " ", archive));
  return absl::OkStatus();
}

absl::StatusOr<Container> FakeEngine::InspectContainer(const std::string& id) {
  std::lock_guard lock(mutex_);
  WEFT_ASSIGN_OR_RETURN(Held * held, FindLocked(id));
  return held->container;
}

absl::StatusOr<Usage> FakeEngine::GetUsage(const Container& container) {
  std::lock_guard lock(mutex_);
  WEFT_ASSIGN_OR_RETURN(const Held* held, FindLocked(container.id));
  if (held->container.state != "running") return absl::NotFoundError("it does not run");
  return usage_;
}

absl::StatusOr<int64_t> FakeEngine::GetDiskUsage(const std::string& id, absl::Duration limit) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(FindLocked(id).status());
  if (limit <= absl::ZeroDuration()) return absl::DeadlineExceededError("it takes too long");
  return kWritten;
}

absl::StatusOr<std::vector<ContainerSummary>> FakeEngine::ListContainers(const Labels& labels) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  std::vector<ContainerSummary> list;
  for (const auto& [id, held] : containers_) {
    if (Bears(held.container.labels, labels))
      list.push_back({id, held.container.name, held.container.labels, ImageIdLocked(held)});
  }
  return list;
}

absl::Status FakeEngine::CreateVolume(const VolumeSpec& spec) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  volumes_.emplace(spec.name, spec);
  return absl::OkStatus();
}

absl::Status FakeEngine::RemoveVolume(const std::string& name) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  for (const auto& [id, held] : containers_)
    for (const auto& [target, volume] : held.container.volumes)
      if (volume.name == name)
        return absl::FailedPreconditionError(absl::StrCat("volume is in use - [", id, "]"));
  volumes_.erase(name);
  return absl::OkStatus();
}

absl::StatusOr<std::string> FakeEngine::CreateNetwork(const NetworkSpec& spec) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  if (networks_.count(spec.name) > 0)
    return absl::FailedPreconditionError("network with name " + spec.name + " already exists");
  const std::string id = absl::StrCat("n", ++counter_);
  const std::string subnet =
      spec.subnet.empty() ? absl::StrCat("172.", 17 + networks_.size(), ".0.0/16") : spec.subnet;
  networks_[spec.name] = {id, spec.name, subnet, spec.ip_range, "", spec.labels};
  return id;
}

absl::StatusOr<Network> FakeEngine::InspectNetwork(const std::string& name) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  const auto found = networks_.find(name);
  if (found == networks_.end()) return absl::NotFoundError("network " + name + " not found");
  return found->second;
}

absl::Status FakeEngine::RemoveNetwork(const std::string& name) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  networks_.erase(name);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Network>> FakeEngine::ListNetworks(const Labels& labels) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  std::vector<Network> list;
  for (const auto& [name, network] : networks_)
    if (Bears(network.labels, labels)) list.push_back(network);
  return list;
}

absl::Status FakeEngine::WatchEvents(StreamControl& control, const std::function<void()>& opened,
                                     const std::function<void(const Event&)>& on_event) {
  std::unique_lock lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  size_t next = events_.size();
  lock.unlock();
  opened();
  lock.lock();
  while (reachable_ && !control.cancelled()) {
    // The control has no way to wake this: ask it now and then.
    changed_.wait_for(lock, std::chrono::milliseconds(5));
    while (next < events_.size()) {
      const Event event = events_[next++];
      lock.unlock();
      on_event(event);
      lock.lock();
    }
  }
  return reachable_ ? absl::CancelledError("cancelled") : absl::UnavailableError("events ended");
}

absl::Status FakeEngine::ReadLogs(const std::string& id, const LogSelection& selection,
                                  StreamControl& control, const ChunkSink& sink) {
  std::unique_lock lock(mutex_);
  WEFT_ASSIGN_OR_RETURN(const Held* held, FindLocked(id));
  std::string output = held->run.output;
  if (!programs_.contains(held->container.image)) {
    output = absl::StrCat("output of ", id, selection.since.empty() ? "" : " since ",
                          selection.since, "\n");
  } else if (selection.follow) {
    // As WatchEvents, until the process ends.
    const auto runs = [&] {
      const auto found = containers_.find(id);
      return found != containers_.end() && found->second.container.state == "running";
    };
    while (runs() && !control.cancelled()) changed_.wait_for(lock, std::chrono::milliseconds(5));
  }
  lock.unlock();
  sink(LastLines(output, selection.tail));
  return absl::OkStatus();
}

}  // namespace weft::engine
