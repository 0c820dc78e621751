#include "core/mesh/breaker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::mesh {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirst(1000), kLongest(60000);

std::string In(Breaker::Clock::duration wait) {
  return absl::StrCat("in ", std::chrono::ceil<std::chrono::seconds>(wait).count(), " s");
}

}  // namespace

absl::StatusOr<Breaker::Pass> Breaker::Admit(uint64_t request, const std::string& application) {
  const Clock::time_point now = options_.now();
  std::lock_guard lock(mutex_);
  const auto charge = charges_.find(request);
  if (charge != charges_.end() && now < charge->second.until) {
    const bool forever = charge->second.until == Clock::time_point::max();
    return absl::UnavailableError(
        absl::StrCat("its last answer to the same request could not be used: ", charge->second.why,
                     "; it is asked again ",
                     forever ? "when the request or the provider's program is another"
                             : In(charge->second.until - now)));
  }
  if (std::string why = WhyOpenLocked(now); !why.empty()) return absl::UnavailableError(why);
  if (open_) trial_ = ++trials_;
  return Pass{.request = request, .application = application, .asked = now, .trial = trial_};
}

bool Breaker::Answered(const Pass& pass, Verdict verdict, const std::string& why) {
  std::lock_guard lock(mutex_);
  const bool tries = pass.trial != 0 && pass.trial == trial_;
  if (tries) trial_ = 0;
  if (verdict == Verdict::kAway) return false;
  ChargeLocked(pass, verdict, why);
  if (!open_) {
    answers_.push_back({verdict, pass.application});
    if (answers_.size() > kWindow) answers_.pop_front();
    return JudgeLocked(why);
  }
  if (!tries) return false;  // It was asked before.
  if (verdict == Verdict::kGood) {
    CloseLocked();
    return true;
  }
  OpenLocked();
  return false;
}

void Breaker::ChargeLocked(const Pass& pass, Verdict verdict, const std::string& why) {
  if (verdict == Verdict::kGood) return DropLocked(pass.request);
  Charge charge;
  if (const auto known = charges_.find(pass.request); known != charges_.end()) {
    // Calls that were under way together are one failure.
    if (verdict == Verdict::kFailed && pass.asked <= known->second.at) return;
    charge = known->second;
    DropLocked(pass.request);
  }
  charge.at = options_.now();
  charge.until = verdict == Verdict::kRefused ? Clock::time_point::max()
                                              : charge.at + BackOff(charge.failures++);
  charge.why = why;
  charge.number = ++charged_;
  order_[charge.number] = pass.request;
  charges_[pass.request] = std::move(charge);
  if (charges_.size() > kCharges) DropLocked(order_.begin()->second);
}

void Breaker::DropLocked(uint64_t request) {
  const auto charge = charges_.find(request);
  if (charge == charges_.end()) return;
  order_.erase(charge->second.number);
  charges_.erase(charge);
}

// Opens the breaker if the last answers ask for it.
bool Breaker::JudgeLocked(const std::string& why) {
  std::set<std::string> applications, refused_of;
  size_t failed = 0, refused = 0;
  for (const Answer& answer : answers_) {
    if (answer.verdict == Verdict::kGood) continue;
    ++failed;
    applications.insert(answer.application);
    if (answer.verdict != Verdict::kRefused) continue;
    ++refused;
    refused_of.insert(answer.application);
  }
  if (failed <= kWindow / 2 || applications.size() < kApplications) return false;
  quarantined_ = refused > kWindow / 2 && refused_of.size() >= kApplications;
  reason_ = absl::StrCat(failed, " of its last ", answers_.size(),
                         " answers were late or could not be used, the last: ", why);
  OpenLocked();
  return true;
}

void Breaker::OpenLocked() {
  open_ = true;
  open_until_ = options_.now() + BackOff(openings_++);
}

void Breaker::CloseLocked() {
  open_ = false;
  quarantined_ = false;
  openings_ = 0;
  trial_ = 0;
  answers_.clear();
}

std::string Breaker::WhyOpen() const {
  const Clock::time_point now = options_.now();
  std::lock_guard lock(mutex_);
  return WhyOpenLocked(now);
}

std::string Breaker::WhyOpenLocked(Clock::time_point now) const {
  if (!open_) return "";
  if (quarantined_)
    return absl::StrCat(reason_,
                        "; it is in quarantine until its program is another or somebody releases "
                        "it: weft provider retry");
  if (trial_ != 0) return absl::StrCat(reason_, "; one call is trying it");
  if (now < open_until_)
    return absl::StrCat(reason_, "; one call tries it ", In(open_until_ - now));
  return "";
}

void Breaker::Reset() {
  std::lock_guard lock(mutex_);
  if (!quarantined_) CloseLocked();
  std::erase_if(charges_, [this](const auto& entry) {
    const bool forgotten = entry.second.until != Clock::time_point::max();
    if (forgotten) order_.erase(entry.second.number);
    return forgotten;
  });
}

void Breaker::Release() {
  std::lock_guard lock(mutex_);
  CloseLocked();
  charges_.clear();
  order_.clear();
}

Breaker::Clock::duration Breaker::BackOff(int failures) const {
  const milliseconds delay = std::min(kFirst * (int64_t{1} << std::min(failures, 6)), kLongest);
  return delay - milliseconds(static_cast<int64_t>(options_.random() * delay.count() / 5));
}

}  // namespace weft::mesh
