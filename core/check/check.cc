#include "core/check/check.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/check/example.h"
#include "core/check/rules.h"
#include "core/mesh/answer_check.h"

namespace weft::check {
namespace {

namespace pb = ::weft::provider::v1;

using Rule = absl::Status (*)(Subject&, const TypeUnderCheck&);
struct NamedRule {
  const char* name;
  Rule rule;
};
// In the order in which they are checked. All ask for the example's answer.
constexpr NamedRule kRules[] = {{"answers", Answers},
                                {"limits", Limits},
                                {"writes", Writes},
                                {"purity", Purity},
                                {"unknown-fields", UnknownFields},
                                {"deadline", Deadline},
                                {"features", Features}};

absl::Status Failed(const std::string& what) { return absl::FailedPreconditionError(what); }

bool IsTypeName(const std::string& name) {
  return !name.empty() && absl::ascii_isalnum(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/';
         });
}

absl::Status CheckCapability(const catalog::Type& type) {
  if (!IsTypeName(type.name))
    return Failed(absl::StrCat("'", type.name, "' is no name of a type: letters, digits and -_./"));
  if (type.summary.empty()) return Failed(absl::StrCat(type.name, " has no summary"));
  if (type.kind == catalog::TypeKind::kTrait && type.applies_to.empty())
    return Failed(absl::StrCat("the trait ", type.name, " applies to nothing"));
  if (type.kind == catalog::TypeKind::kWorkload && type.shape.kind.empty())
    return Failed(absl::StrCat("the workload type ", type.name, " has no shape"));
  return absl::OkStatus();
}

// `types` are all of the provider. That a type does not come after itself says ReadDescription.
absl::Status CheckAfter(const catalog::Type& type, const std::vector<catalog::Type>& types) {
  if (!type.after.empty() && type.kind != catalog::TypeKind::kTrait)
    return Failed(
        absl::StrCat("the workload type ", type.name, " says \"after\", as only traits may"));
  for (const std::string& name : type.after) {
    if (name == "*") continue;
    if (!IsTypeName(name))
      return Failed(
          absl::StrCat(type.name, " comes after '", name, "', which is no name of a type"));
    for (const catalog::Type& other : types) {
      if (std::find(other.aliases.begin(), other.aliases.end(), name) != other.aliases.end())
        return Failed(absl::StrCat(type.name, " comes after '", name,
                                   "', an alias: the canonical name is ", other.name));
    }
  }
  return absl::OkStatus();
}

// The types of a description that follows the rules.
absl::StatusOr<std::vector<catalog::Type>> ReadTypes(const pb::DescribeResponse& description) {
  if (description.name().empty() || description.version().empty())
    return Failed("Describe names no name and version");
  WEFT_ASSIGN_OR_RETURN(std::vector<catalog::Type> types,
                        mesh::ReadDescription(description.name(), description));
  if (types.empty()) return Failed("it serves no type");
  for (const catalog::Type& type : types) {
    WEFT_RETURN_IF_ERROR(CheckCapability(type));
    WEFT_RETURN_IF_ERROR(CheckAfter(type, types));
    if (type.kind != types.front().kind) return Failed("its types are of several kinds");
  }
  return types;
}

// One run over one provider.
class Run {
 public:
  explicit Run(const Options& options) : options_(options), subject_(options.channel) {}

  std::vector<Verdict> Take() {
    const absl::StatusOr<pb::DescribeResponse> description = subject_.Describe();
    const absl::StatusOr<std::vector<catalog::Type>> types =
        description.ok() ? ReadTypes(*description) : description.status();
    Say("descriptor", "", types.status());
    if (!types.ok()) return std::move(verdicts_);
    std::vector<TypeUnderCheck> checked;
    for (size_t i = 0; i < types->size(); ++i) {
      checked.push_back(
          Prepare(*description, (*types)[i], description->capabilities(static_cast<int>(i))));
      CheckType(checked.back());
    }
    const auto askable = std::find_if(checked.begin(), checked.end(),
                                      [](const auto& type) { return type.example.ok(); });
    Say("drain", "",
        askable == checked.end() ? absl::UnimplementedError("nothing can be asked of it")
                                 : Drain(subject_, *askable, options_));
    return std::move(verdicts_);
  }

 private:
  TypeUnderCheck Prepare(const pb::DescribeResponse& description, const catalog::Type& type,
                         const pb::Capability& capability) const {
    TypeUnderCheck checked{
        .type = type,
        .capability = capability,
        .artifact = options_.artifact.empty() ? description.artifact() : options_.artifact,
        .requests = {},
        .example = absl::OkStatus()};
    absl::StatusOr<json::value> properties = Given(type);
    if (!properties.ok()) properties = ExampleOf(type.schema);
    checked.example = properties.status();
    if (properties.ok()) checked.requests = ExampleRequests(type, *properties);
    return checked;
  }

  absl::StatusOr<json::value> Given(const catalog::Type& type) const {
    for (const auto& [name, properties] : options_.properties) {
      if (name == type.name ||
          std::find(type.aliases.begin(), type.aliases.end(), name) != type.aliases.end())
        return properties;
    }
    return absl::NotFoundError("not given");
  }

  void CheckType(const TypeUnderCheck& type) {
    const absl::Status schema = Schema(type);
    Say("schema", type.type.name, schema);
    for (const NamedRule& rule : kRules) {
      absl::Status status = absl::UnimplementedError("its schema cannot be used");
      if (schema.ok()) {
        status = type.example.ok() ? rule.rule(subject_, type)
                                   : absl::UnimplementedError(type.example.message());
      }
      Say(rule.name, type.type.name, status);
    }
  }

  void Say(const std::string& rule, const std::string& type, const absl::Status& status) {
    Verdict verdict{rule, type, Outcome::kPassed, std::string(status.message())};
    if (!status.ok())
      verdict.outcome = absl::IsUnimplemented(status) ? Outcome::kSkipped : Outcome::kFailed;
    verdicts_.push_back(std::move(verdict));
  }

  const Options& options_;
  Subject subject_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

std::vector<Verdict> Check(const Options& options) { return Run(options).Take(); }

}  // namespace weft::check
