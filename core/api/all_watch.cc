#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/api/application_watch.h"
#include "core/api/page.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"

// weft.core.v1.Applications.WatchAll.
namespace weft::api {
namespace {

constexpr size_t kPage = 100;         // Applications of a message.
constexpr uint64_t kBookmark = 1000;  // Changes elsewhere after which there is a token again.

}  // namespace

// One watch of all applications: lists what there is, then reads what changed, from where it is,
// one message at a time. A slow client gets fewer, never older ones; nothing is queued for it.
class AllWatch final : public grpc::ServerWriteReactor<core::v1::WatchAllResponse>,
                       public OpenWatch,
                       public std::enable_shared_from_this<AllWatch> {
 public:
  AllWatch(Watches& watches, core::v1::WatchAllRequest request)
      : watches_(watches), request_(std::move(request)) {}

  void Start() override {
    if (const absl::Status status = ReadToken(); !status.ok()) return End(ToGrpc(status));
    subscription_ = watches_.scheduler_.Subscribe("", [self = weak_from_this()] {
      if (const auto watch = self.lock()) watch->Changed();
    });
    Changed();
  }

  void End(const grpc::Status& status) override {
    std::lock_guard lock(mutex_);
    FinishLocked(status);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    working_ = false;
    if (!ok) return FinishLocked({grpc::StatusCode::CANCELLED, "the client went"});
    LookLocked();
  }
  void OnCancel() override { End({grpc::StatusCode::CANCELLED, "the client went"}); }
  void OnDone() override {
    watches_.scheduler_.Unsubscribe("", subscription_);
    watches_.Closed(this);
  }

 private:
  // "PROCESS-NUMBER"; of another process, or of what is forgotten: from the beginning.
  absl::Status ReadToken() {
    const scheduler::ChangeLog& log = watches_.scheduler_.changes();
    listing_ = true;
    position_ = log.last();
    if (request_.resume_token().empty()) return absl::OkStatus();
    const std::vector<std::string> words = absl::StrSplit(request_.resume_token(), '-');
    uint64_t number = 0;
    if (words.size() != 2 || !absl::SimpleAtoi(words[1], &number))
      return absl::InvalidArgumentError("the resume token is of no watch");
    if (words[0] != watches_.process_ || !log.After(number, 1).has_value()) return absl::OkStatus();
    listing_ = false;
    resumed_ = true;
    position_ = number;
    return absl::OkStatus();
  }

  void Changed() {
    std::lock_guard lock(mutex_);
    changed_ = true;
    if (!working_) LookLocked();
  }

  // Composes the next message in the pool, which may block for the store, and writes it.
  void LookLocked() {
    if (finished_ || (!changed_ && !listing_ && !more_)) return;
    working_ = true;
    changed_ = false;
    const bool taken = watches_.pool_.TryRun([self = shared_from_this()] { self->Look(); });
    if (!taken) FinishLocked({grpc::StatusCode::UNAVAILABLE, "the core is too busy: watch again"});
  }

  void Look() {
    message_.Clear();
    const absl::Status filled = listing_ ? FillFromStore() : FillFromChanges();
    std::lock_guard lock(mutex_);
    if (finished_) return;
    if (!filled.ok()) return FinishLocked(ToGrpc(filled));
    if (message_.ByteSizeLong() > 0) return StartWrite(&message_);
    working_ = false;
    LookLocked();
  }

  // The next page of what is stored.
  absl::Status FillFromStore() {
    message_.set_reset(after_.empty());
    WEFT_ASSIGN_OR_RETURN(const Page page,
                          MakePage("application", request_.namespace_(), kPage, after_));
    WEFT_ASSIGN_OR_RETURN(const auto entries,
                          watches_.store_.List(page.prefix, page.after, page.size));
    for (const auto& [key, bytes] : entries)
      WEFT_RETURN_IF_ERROR(Add(key.substr(key.find('/') + 1)));
    if (entries.size() == kPage) {
      after_ = entries.back().first;
      return absl::OkStatus();
    }
    listing_ = false;
    more_ = true;  // What changed since the list began.
    Synced();
    return absl::OkStatus();
  }

  absl::Status FillFromChanges() {
    const auto changes = watches_.scheduler_.changes().After(position_, kPage);
    if (!changes.has_value())
      return absl::UnavailableError("too much changed at once: watch again");
    for (const std::string& application : changes->keys) WEFT_RETURN_IF_ERROR(Add(application));
    position_ = changes->up_to;
    more_ = changes->keys.size() == kPage;
    if (!synced_) {
      if (!more_) Synced();
    } else if (message_.ByteSizeLong() > 0 || position_ >= told_ + kBookmark) {
      Bookmark();
    }
    return absl::OkStatus();
  }

  // Adds how an application is, if that is news.
  absl::Status Add(const std::string& application) {
    const auto [ns, name] = scheduler::SplitApplicationKey(application);
    if (!request_.namespace_().empty() && ns != request_.namespace_()) return absl::OkStatus();
    absl::StatusOr<core::v1::Application> status = watches_.scheduler_.Status(ns, name);
    if (absl::IsNotFound(status.status())) {
      // Whoever resumes may have been told of it before.
      if (seen_.erase(application) == 0 && !resumed_) return absl::OkStatus();
      core::v1::WatchAllResponse::Gone* gone = message_.add_gone();
      gone->set_namespace_(ns);
      gone->set_name(name);
      return absl::OkStatus();
    }
    if (!status.ok()) return status.status();
    const size_t hash = std::hash<std::string>()(status->SerializeAsString());
    const auto [seen, fresh] = seen_.try_emplace(application, hash);
    if (!fresh && seen->second == hash) return absl::OkStatus();
    seen->second = hash;
    *message_.add_changed() = *std::move(status);
    return absl::OkStatus();
  }

  void Synced() {
    synced_ = true;
    message_.set_synced(true);
    Bookmark();
  }

  void Bookmark() {
    told_ = position_;
    message_.set_resume_token(absl::StrCat(watches_.process_, "-", position_));
  }

  void FinishLocked(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  Watches& watches_;
  const core::v1::WatchAllRequest request_;
  uint64_t subscription_ = 0;

  // Of whoever composes a message: one at a time.
  core::v1::WatchAllResponse message_;
  bool resumed_ = false;
  bool synced_ = false;
  std::string after_;                   // The last key that was listed.
  uint64_t position_ = 0;               // All changes up to this one were read.
  uint64_t told_ = 0;                   // In the last token.
  std::map<std::string, size_t> seen_;  // Hashes of what was told, to write nothing twice.

  std::mutex mutex_;
  bool listing_ = false;  // What there is is being told.
  bool more_ = false;     // There are more changes than one message took.
  bool changed_ = false;  // Since the last look.
  bool working_ = false;  // Composing a message, or writing it.
  bool finished_ = false;
};

grpc::ServerWriteReactor<core::v1::WatchAllResponse>* Watches::OpenAll(
    const core::v1::WatchAllRequest& request) {
  auto watch = std::make_shared<AllWatch>(*this, request);
  Begin(watch);
  return watch.get();
}

}  // namespace weft::api
