#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/api/page.h"
#include "core/api/watch_reactor.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"

// weft.core.v1.Applications.WatchAll.
namespace weft::api {
namespace {

constexpr size_t kPage = 100;         // Applications of a message.
constexpr uint64_t kBookmark = 1000;  // Changes elsewhere after which there is a token again.

// Lists what there is, then reads what changed, from where it is.
class AllWatch final : public WatchReactor<core::v1::WatchAllResponse> {
 public:
  AllWatch(Watches& watches, core::v1::WatchAllRequest request)
      : WatchReactor(watches, ""), request_(std::move(request)) {}

 private:
  // Where to begin: at the token "PROCESS-NUMBER", if it is of this process and not forgotten.
  absl::Status Begin() override {
    const scheduler::ChangeLog& log = watches().scheduler().changes();
    position_ = log.last();
    if (request_.resume_token().empty()) return absl::OkStatus();
    const std::vector<std::string> words = absl::StrSplit(request_.resume_token(), '-');
    uint64_t number = 0;
    if (words.size() != 2 || !absl::SimpleAtoi(words[1], &number))
      return absl::InvalidArgumentError("the resume token is of no watch");
    if (words[0] != watches().process() || !log.After(number, 1).has_value())
      return absl::OkStatus();
    resumed_ = true;
    listed_ = true;
    position_ = number;
    return absl::OkStatus();
  }

  absl::StatusOr<Composed> Compose(core::v1::WatchAllResponse& message) override {
    WEFT_ASSIGN_OR_RETURN(const bool more, listed_ ? AddChanges(message) : AddPage(message));
    return Composed{.write = message.ByteSizeLong() > 0, .more = more};
  }

  // The next page of what is stored. There is always more: what changed since the list began.
  absl::StatusOr<bool> AddPage(core::v1::WatchAllResponse& message) {
    message.set_reset(after_.empty());
    WEFT_ASSIGN_OR_RETURN(const Page page,
                          MakePage("application", request_.namespace_(), kPage, after_));
    WEFT_ASSIGN_OR_RETURN(const auto entries,
                          watches().store().List(page.prefix, page.after, page.size));
    for (const auto& [key, bytes] : entries)
      WEFT_RETURN_IF_ERROR(Add(key.substr(key.find('/') + 1), message));
    if (entries.size() == kPage) {
      after_ = entries.back().first;
    } else {
      listed_ = true;
      Synced(message);
    }
    return true;
  }

  // What changed since. Whether that was not all.
  absl::StatusOr<bool> AddChanges(core::v1::WatchAllResponse& message) {
    const auto changes = watches().scheduler().changes().After(position_, kPage);
    if (!changes.has_value())
      return absl::UnavailableError("too much changed at once: watch again");
    for (const std::string& application : changes->keys)
      WEFT_RETURN_IF_ERROR(Add(application, message));
    position_ = changes->up_to;
    const bool more = changes->keys.size() == kPage;
    if (!synced_) {
      if (!more) Synced(message);
    } else if (message.ByteSizeLong() > 0 || position_ >= told_ + kBookmark) {
      Bookmark(message);
    }
    return more;
  }

  // Adds how an application is, if that is news.
  absl::Status Add(const std::string& application, core::v1::WatchAllResponse& message) {
    const auto [ns, name] = scheduler::SplitApplicationKey(application);
    if (!request_.namespace_().empty() && ns != request_.namespace_()) return absl::OkStatus();
    absl::StatusOr<core::v1::Application> status = watches().scheduler().Status(ns, name);
    if (absl::IsNotFound(status.status())) {
      // Whoever resumes may have been told of it before.
      if (seen_.erase(application) == 0 && !resumed_) return absl::OkStatus();
      core::v1::WatchAllResponse::Gone* gone = message.add_gone();
      gone->set_namespace_(ns);
      gone->set_name(name);
      return absl::OkStatus();
    }
    if (!status.ok()) return status.status();
    const size_t hash = std::hash<std::string>()(status->SerializeAsString());
    const auto [seen, fresh] = seen_.try_emplace(application, hash);
    if (!fresh && seen->second == hash) return absl::OkStatus();
    seen->second = hash;
    *message.add_changed() = *std::move(status);
    return absl::OkStatus();
  }

  void Synced(core::v1::WatchAllResponse& message) {
    synced_ = true;
    message.set_synced(true);
    Bookmark(message);
  }

  void Bookmark(core::v1::WatchAllResponse& message) {
    told_ = position_;
    message.set_resume_token(absl::StrCat(watches().process(), "-", position_));
  }

  const core::v1::WatchAllRequest request_;
  bool resumed_ = false;
  bool listed_ = false;                 // What there is was told.
  bool synced_ = false;                 // And that it was.
  std::string after_;                   // The last key that was listed.
  uint64_t position_ = 0;               // All changes up to this one were read.
  uint64_t told_ = 0;                   // In the last token.
  std::map<std::string, size_t> seen_;  // Hashes of what was told, to write nothing twice.
};

}  // namespace

grpc::ServerWriteReactor<core::v1::WatchAllResponse>* Watches::OpenAll(
    const core::v1::WatchAllRequest& request) {
  auto watch = std::make_shared<AllWatch>(*this, request);
  Begin(watch);
  return watch.get();
}

}  // namespace weft::api
