#include "core/scheduler/reconcile_events.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/scheduler/drift.h"
#include "core/scheduler/event_log.h"

namespace weft::scheduler {
namespace {

std::string By(const std::string& writer) {
  return writer.empty() ? "" : absl::StrCat("writer/", writer);
}

}  // namespace

std::string MessageOf(const runtime::v1::ApplyResponse::Result& result) {
  if (!result.message().empty() || result.diagnostics().empty()) return result.message();
  return result.diagnostics(0).message();
}

std::string DescribeImmutable(const google::protobuf::RepeatedPtrField<std::string>& pointers) {
  return absl::StrCat("the platform does not change ", absl::StrJoin(pointers, ", "),
                      " of an object that exists");
}

std::string DescribeRefusal(const runtime::v1::ApplyResponse::Result& result) {
  std::string message = MessageOf(result);
  if (result.immutable().empty()) return message;
  std::string why = absl::StrCat(DescribeImmutable(result.immutable()),
                                 ": delete the application and apply it again");
  if (!message.empty()) absl::StrAppend(&why, " (", message, ")");
  return why;
}

void TellAnswer(const store::v1::InventoryRecord& before, const store::v1::InventoryRecord& after,
                const runtime::v1::AppliedObject& object,
                const runtime::v1::ApplyResponse::Result& result, const std::string& by,
                std::vector<store::v1::EventRecord>& events) {
  const common::v1::ObjectRef& ref = after.ref();
  if (result.outcome() == runtime::v1::APPLY_OUTCOME_REFUSED) {
    events.push_back(
        after.replacing()
            ? MakeEvent(events::kReplacing,
                        {.object = ref,
                         .by = by,
                         .message = absl::StrCat(DescribeImmutable(result.immutable()),
                                                 ": it is deleted and made anew")})
            : MakeEvent(events::kRefused,
                        {.object = ref, .by = by, .message = DescribeRefusal(result)}));
  }
  if (result.outcome() != runtime::v1::APPLY_OUTCOME_ACCEPTED || !object.correct()) return;
  for (const auto& correction : result.corrections()) {
    events.push_back(MakeEvent(
        events::kCorrected,
        {.object = ref,
         .by = By(correction.writer()),
         .message = absl::StrCat(correction.pointer(), " was changed on the platform by ",
                                 correction.writer().empty() ? "somebody" : correction.writer(),
                                 ", and put right")}));
  }
  for (const store::v1::ContestedRecord& contested : after.contested()) {
    const bool known =
        std::any_of(before.contested().begin(), before.contested().end(),
                    [&](const auto& leaf) { return leaf.pointer() == contested.pointer(); });
    if (known) continue;
    events.push_back(MakeEvent(
        events::kContested,
        {.object = ref, .by = By(contested.writer()), .message = DescribeContested(contested)}));
  }
}

}  // namespace weft::scheduler
