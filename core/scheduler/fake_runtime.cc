#include "core/scheduler/fake_runtime.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/store/object_key.h"

namespace weft::scheduler {

namespace pb = ::weft::runtime::v1;
using grpc::Status;

namespace {
const Status kAway(grpc::StatusCode::UNAVAILABLE, "the platform is away");

// Whether the object has a leaf at `pointer`, which goes through objects alone.
bool HasLeaf(const std::string& object, const std::string& pointer) {
  const absl::StatusOr<json::value> value = json::Parse(object);
  boost::system::error_code error;
  return value.ok() && value->find_pointer(pointer, error) != nullptr;
}
}  // namespace

FakeRuntime::FakeRuntime() {
  grpc::ServerBuilder builder;
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  stub_ = pb::Runtime::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
}

FakeRuntime::~FakeRuntime() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  server_->Shutdown(std::chrono::system_clock::now());
}

void FakeRuntime::SetAway(bool away) {
  std::lock_guard lock(mutex_);
  away_ = away;
  changed_.notify_all();
}

void FakeRuntime::SetComplete(bool complete) {
  std::lock_guard lock(mutex_);
  const bool became = complete && !complete_;
  complete_ = complete;
  if (!became) return;
  pb::WatchResponse event;
  event.mutable_synced()->set_complete(true);
  TellLocked(std::move(event));
}

void FakeRuntime::SetOutcome(const std::string& object, pb::ApplyOutcome outcome,
                             const std::string& message) {
  std::lock_guard lock(mutex_);
  outcomes_[object] = {outcome, message, {}};
  if (outcome == pb::APPLY_OUTCOME_ACCEPTED) outcomes_.erase(object);
}

void FakeRuntime::SetImmutable(const std::string& object,
                               const std::vector<std::string>& pointers) {
  std::lock_guard lock(mutex_);
  outcomes_[object] = {pb::APPLY_OUTCOME_REFUSED, "", pointers};
}

void FakeRuntime::SayDigests() {
  std::lock_guard lock(mutex_);
  digests_ = true;
}

void FakeRuntime::Edit(const std::string& object, const std::string& pointer,
                       const std::string& writer) {
  std::lock_guard lock(mutex_);
  edits_[object][pointer] = writer;
  SayLocked(projections_.at(object));
}

void FakeRuntime::HoldDeletions() {
  std::lock_guard lock(mutex_);
  hold_deletions_ = true;
}

void FakeRuntime::EndDeletions() {
  std::lock_guard lock(mutex_);
  hold_deletions_ = false;
  std::vector<std::string> deleting;
  for (const auto& [object, projection] : projections_) {
    if (projection.deleting()) deleting.push_back(object);
  }
  for (const std::string& object : deleting) EraseLocked(object);
}

void FakeRuntime::HoldEvents(bool hold) {
  std::lock_guard lock(mutex_);
  hold_events_ = hold;
  changed_.notify_all();
}

void FakeRuntime::HoldList(bool hold) {
  std::lock_guard lock(mutex_);
  hold_list_ = hold;
  changed_.notify_all();
}

void FakeRuntime::OnApply(std::function<void(const pb::ApplyRequest&)> called) {
  std::lock_guard lock(mutex_);
  on_apply_ = std::move(called);
}

void FakeRuntime::Lose(const std::string& object) {
  std::lock_guard lock(mutex_);
  EraseLocked(object);
}

void FakeRuntime::Say(const pb::Projection& projection) {
  std::lock_guard lock(mutex_);
  SayLocked(projection);
}

std::vector<std::string> FakeRuntime::Objects() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> objects;
  for (const auto& [object, projection] : projections_)
    objects.push_back(absl::StrCat(object, " generation ", projection.generation()));
  return objects;
}

std::string FakeRuntime::JsonOf(const std::string& object) const {
  std::lock_guard lock(mutex_);
  const auto found = json_.find(object);
  return found == json_.end() ? "" : found->second;
}

std::vector<std::string> FakeRuntime::SteeredOf(const std::string& object) const {
  std::lock_guard lock(mutex_);
  const auto found = steered_.find(object);
  return found == steered_.end() ? std::vector<std::string>() : found->second;
}

int FakeRuntime::watches() const {
  std::lock_guard lock(mutex_);
  return watches_;
}

int FakeRuntime::applies() const {
  std::lock_guard lock(mutex_);
  return applies_;
}

int FakeRuntime::usages() const {
  std::lock_guard lock(mutex_);
  return usages_;
}

int FakeRuntime::describes() const {
  std::lock_guard lock(mutex_);
  return describes_;
}

Status FakeRuntime::Describe(grpc::ServerContext*, const pb::DescribeRequest*,
                             pb::DescribeResponse* response) {
  std::lock_guard lock(mutex_);
  if (away_) return kAway;
  ++describes_;
  response->set_platform("fake");
  response->set_platform_version("2");
  response->set_version("1");
  return Status::OK;
}

Status FakeRuntime::Apply(grpc::ServerContext*, const pb::ApplyRequest* request,
                          pb::ApplyResponse* response) {
  std::unique_lock lock(mutex_);
  if (const auto called = on_apply_; called != nullptr) {
    lock.unlock();  // It may change the runtime.
    called(*request);
    lock.lock();
  }
  if (away_) return kAway;
  if (!request->dry_run()) ++applies_;
  for (const pb::AppliedObject& object : request->objects())
    ApplyOneLocked(object, request->dry_run(), *response->add_results());
  return Status::OK;
}

void FakeRuntime::ApplyOneLocked(const pb::AppliedObject& object, bool dry_run,
                                 pb::ApplyResponse::Result& result) {
  const std::string key = store::ObjectKey(object.object().ref());
  *result.mutable_ref() = object.object().ref();
  result.set_outcome(pb::APPLY_OUTCOME_ACCEPTED);
  const auto known = projections_.find(key);
  auto told = outcomes_.find(key);
  if (told != outcomes_.end() && !told->second.immutable.empty() && known == projections_.end()) {
    outcomes_.erase(told);
    told = outcomes_.end();
  }
  if (told != outcomes_.end()) {
    result.set_outcome(told->second.outcome);
    result.set_message(told->second.message);
    for (const std::string& pointer : told->second.immutable) result.add_immutable(pointer);
    return;
  }
  if (dry_run) return;
  if (known != projections_.end() && known->second.generation() > object.generation())
    return result.set_outcome(pb::APPLY_OUTCOME_OUTDATED);
  if (known != projections_.end() && known->second.generation() == object.generation() &&
      !known->second.deleting()) {
    if (object.correct()) CorrectLocked(key, result);
    return result.set_digest(DigestLocked(key));
  }
  json_[key] = object.object().json();
  edits_.erase(key);
  steered_[key].clear();
  for (const pb::SteeredLeaf& leaf : object.steered())
    steered_[key].push_back(
        absl::StrCat(leaf.pointer(), leaf.set() ? " = " : " from ", leaf.value()));
  result.set_digest(DigestLocked(key));
  pb::Projection projection;
  *projection.mutable_ref() = object.object().ref();
  projection.set_owner(object.owner());
  projection.set_generation(object.generation());
  projection.set_status("{}");
  projection.set_up_to_date(true);
  SayLocked(projection);
}

void FakeRuntime::CorrectLocked(const std::string& object, pb::ApplyResponse::Result& result) {
  for (const auto& [pointer, writer] : edits_[object]) {
    if (!HasLeaf(json_[object], pointer)) continue;
    pb::ApplyResponse::Correction* correction = result.add_corrections();
    correction->set_pointer(pointer);
    correction->set_writer(writer);
  }
  if (result.corrections().empty()) return;
  edits_.erase(object);
  SayLocked(projections_.at(object));
}

std::string FakeRuntime::DigestLocked(const std::string& object) const {
  if (!digests_) return "";
  std::string values = json_.at(object);
  if (const auto edits = edits_.find(object); edits != edits_.end()) {
    for (const auto& [pointer, writer] : edits->second)
      if (HasLeaf(json_.at(object), pointer)) absl::StrAppend(&values, pointer, writer);
  }
  return json::Sha256(values);
}

Status FakeRuntime::Delete(grpc::ServerContext*, const pb::DeleteRequest* request,
                           pb::DeleteResponse*) {
  std::lock_guard lock(mutex_);
  if (away_) return kAway;
  for (const common::v1::ObjectRef& ref : request->objects()) {
    const auto known = projections_.find(store::ObjectKey(ref));
    if (known == projections_.end()) continue;
    if (!hold_deletions_) {
      EraseLocked(known->first);
    } else if (!known->second.deleting()) {
      pb::Projection projection = known->second;
      projection.set_deleting(true);
      SayLocked(projection);
    }
  }
  return Status::OK;
}

Status FakeRuntime::List(grpc::ServerContext*, const pb::ListRequest*, pb::ListResponse* response) {
  std::lock_guard lock(mutex_);
  if (away_) return kAway;
  for (const auto& [object, projection] : projections_) *response->add_items() = projection;
  response->set_complete(complete_);
  return Status::OK;
}

Status FakeRuntime::Watch(grpc::ServerContext* context, const pb::WatchRequest*,
                          grpc::ServerWriter<pb::WatchResponse>* writer) {
  std::unique_lock lock(mutex_);
  ++watches_;
  while (hold_list_ && !stopping_ && !context->IsCancelled())
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  std::vector<pb::WatchResponse> first;
  for (const auto& [object, projection] : projections_)
    *first.emplace_back().mutable_changed() = projection;
  first.emplace_back().mutable_synced()->set_complete(complete_);
  size_t next = events_.size();
  while (!away_ && !stopping_ && !context->IsCancelled()) {
    std::vector<pb::WatchResponse> batch = std::exchange(first, {});
    if (batch.empty() && !hold_events_) {
      batch.assign(events_.begin() + static_cast<std::ptrdiff_t>(next), events_.end());
      next = events_.size();
    }
    if (batch.empty()) {
      // Nothing tells this thread that its client went.
      changed_.wait_for(lock, std::chrono::milliseconds(50));
      continue;
    }
    lock.unlock();
    for (const pb::WatchResponse& event : batch) writer->Write(event);
    lock.lock();
  }
  return kAway;
}

Status FakeRuntime::Logs(grpc::ServerContext*, const pb::LogsRequest* request,
                         grpc::ServerWriter<pb::LogsResponse>* writer) {
  {
    std::lock_guard lock(mutex_);
    if (away_) return kAway;
    const std::string key = absl::StrCat("v1|Pod|", request->namespace_(), "|", request->pod());
    if (!projections_.contains(key))
      return Status(grpc::StatusCode::NOT_FOUND, absl::StrCat("no pod ", request->pod()));
  }
  pb::LogsResponse line;
  for (const char* text : {"line 1\n", "line 2\n"}) {
    line.set_data(text);
    writer->Write(line);
  }
  return Status::OK;
}

Status FakeRuntime::Usage(grpc::ServerContext*, const pb::UsageRequest* request,
                          pb::UsageResponse* response) {
  std::lock_guard lock(mutex_);
  if (away_) return kAway;
  ++usages_;
  for (const common::v1::ObjectRef& pod : request->pods()) {
    if (!projections_.contains(store::ObjectKey(pod))) continue;
    pb::PodUsage& usage = *response->add_pods();
    *usage.mutable_pod() = pod;
    common::v1::ContainerUsage& container = *usage.add_containers();
    container.set_name("main");
    container.set_memory_bytes(1024);
  }
  return Status::OK;
}

void FakeRuntime::SayLocked(pb::Projection projection) {
  const std::string key = store::ObjectKey(projection.ref());
  if (json_.contains(key)) projection.set_digest(DigestLocked(key));
  projections_[key] = projection;
  pb::WatchResponse event;
  *event.mutable_changed() = projection;
  TellLocked(std::move(event));
}

void FakeRuntime::EraseLocked(const std::string& object) {
  const auto found = projections_.find(object);
  if (found == projections_.end()) return;
  pb::WatchResponse event;
  *event.mutable_gone() = found->second.ref();
  projections_.erase(found);
  TellLocked(std::move(event));
}

void FakeRuntime::TellLocked(pb::WatchResponse event) {
  events_.push_back(std::move(event));
  changed_.notify_all();
}

}  // namespace weft::scheduler
