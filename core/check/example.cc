#include "core/check/example.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/resolve/schema.h"

namespace weft::check {
namespace {

namespace pb = ::weft::provider::v1;

constexpr char kNamespace[] = "check";
constexpr char kApplication[] = "example";
constexpr const char* kInstances[] = {"web", "queue", "store"};

// One container more for each instance, so that they differ by more than their names.
int ContainersOf(const std::string& instance) {
  return static_cast<int>(std::find(std::begin(kInstances), std::end(kInstances), instance) -
                          std::begin(kInstances)) +
         1;
}

std::string TypeOf(const json::value& schema) {
  const json::value* type = json::Find(schema, "type");
  if (type != nullptr && type->is_array() && !type->get_array().empty())
    type = &type->get_array().front();
  if (type != nullptr && type->is_string()) return std::string(type->get_string());
  return json::Find(schema, "properties") != nullptr ? "object" : "string";
}

json::value Guess(const json::value& schema);

json::value GuessObject(const json::value& schema) {
  json::object object;
  const json::value* required = json::Find(schema, "required");
  if (required == nullptr || !required->is_array()) return object;
  for (const json::value& name : required->get_array()) {
    if (!name.is_string()) continue;
    const json::value* property =
        json::FindPath(schema, {"properties", std::string_view(name.get_string())});
    object[name.get_string()] = property == nullptr ? json::value("example") : Guess(*property);
  }
  return object;
}

json::value GuessList(const json::value& schema) {
  const json::value* items = json::Find(schema, "items");
  json::array list;
  for (int64_t i = json::GetInt(schema, {"minItems"}, 1); i > 0; --i)
    list.push_back(items == nullptr ? json::value("example") : Guess(*items));
  return list;
}

json::value Guess(const json::value& schema) {
  if (const json::value* examples = json::Find(schema, "examples");
      examples != nullptr && examples->is_array() && !examples->get_array().empty())
    return examples->get_array().front();
  for (const char* given : {"default", "const"})
    if (const json::value* value = json::Find(schema, given)) return *value;
  if (const json::value* values = json::Find(schema, "enum");
      values != nullptr && values->is_array() && !values->get_array().empty())
    return values->get_array().front();
  const std::string type = TypeOf(schema);
  if (type == "object") return GuessObject(schema);
  if (type == "array") return GuessList(schema);
  if (type == "boolean") return true;
  if (type == "integer" || type == "number")
    return std::max<int64_t>(1, json::GetInt(schema, {"minimum"}, 1));
  if (type == "null") return nullptr;
  std::string text = "example";
  text.resize(std::max<size_t>(text.size(), json::GetInt(schema, {"minLength"})), 'x');
  return json::value(text);
}

pb::Instance MakeInstance(const catalog::Type& type, const json::value& properties,
                          const std::string& name) {
  pb::Instance instance;
  const std::string workload = absl::StrCat(kNamespace, "/", kApplication, "/", name);
  instance.set_key(type.kind == catalog::TypeKind::kTrait
                       ? absl::StrCat(workload, "/", type.name, "#0")
                       : workload);
  instance.set_namespace_(kNamespace);
  instance.set_application(kApplication);
  instance.set_name(name);
  instance.set_type(type.name);
  instance.set_properties(json::Canonical(properties));
  return instance;
}

pb::Component MakeComponent(int containers) {
  pb::Component component;
  component.set_os_type("linux");
  for (int i = 0; i < containers; ++i) {
    pb::Container* container = component.add_containers();
    container->set_name(absl::StrCat("main", i == 0 ? "" : std::to_string(i)));
    container->set_image("example/image:v1");
    pb::Port* port = container->add_ports();
    port->set_name(absl::StrCat("http", i));
    port->set_container_port(8080 + i);
    port->set_protocol("TCP");
  }
  return component;
}

// Like what a workload of long-running pods renders.
json::value MakeDeployment(const std::string& name, int containers) {
  json::array list;
  for (int i = 0; i < containers; ++i) {
    list.push_back(json::object{{"name", absl::StrCat("main", i == 0 ? "" : std::to_string(i))},
                                {"image", "example/image:v1"}});
  }
  const json::object labels = {{"app", name}};
  return json::object{
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata", json::object{{"name", name}, {"namespace", kNamespace}}},
      {"spec",
       json::object{{"selector", json::object{{"matchLabels", labels}}},
                    {"template", json::object{{"metadata", json::object{{"labels", labels}}},
                                              {"spec", json::object{{"containers", list}}}}}}}};
}

}  // namespace

pb::Shape ExampleShape() {
  pb::Shape shape;
  shape.set_api_version("apps/v1");
  shape.set_kind("Deployment");
  shape.set_scale("/spec/replicas");
  shape.set_pod_template("/spec/template");
  return shape;
}

pb::Workload ExampleWorkload(const catalog::Type& trait, const std::string& instance) {
  pb::Workload workload;
  const auto named =
      std::find_if(trait.applies_to.begin(), trait.applies_to.end(),
                   [](const std::string& type) { return type != "*" && !type.starts_with('+'); });
  workload.set_type(named == trait.applies_to.end() ? "example.org/v1.Workload" : *named);
  *workload.mutable_shape() = ExampleShape();
  common::v1::Object* object = workload.add_objects();
  object->mutable_ref()->set_api_version("apps/v1");
  object->mutable_ref()->set_kind("Deployment");
  object->mutable_ref()->set_namespace_(kNamespace);
  object->mutable_ref()->set_name(instance);
  object->set_json(json::Canonical(MakeDeployment(instance, ContainersOf(instance))));
  return workload;
}

absl::StatusOr<json::value> ExampleOf(const json::value& schema) {
  json::value example = schema.is_null() ? json::value(json::object()) : Guess(schema);
  const auto violations = resolve::Validate(example, schema);
  if (violations.empty()) return example;
  return absl::InvalidArgumentError(
      absl::StrCat("no example could be made that satisfies the schema (", violations[0].message,
                   "): give one with --properties, or add `examples` to the schema"));
}

std::vector<Request> ExampleRequests(const catalog::Type& type, const json::value& properties) {
  std::vector<Request> requests;
  for (const char* name : kInstances) {
    if (type.kind == catalog::TypeKind::kWorkload) {
      pb::RenderWorkloadRequest request;
      *request.mutable_instance() = MakeInstance(type, properties, name);
      *request.mutable_component() = MakeComponent(ContainersOf(name));
      requests.emplace_back(std::move(request));
    } else {
      pb::RenderTraitRequest request;
      *request.mutable_instance() = MakeInstance(type, properties, name);
      if (type.reads_shape) *request.mutable_workload() = ExampleWorkload(type, name);
      if (type.reads_shape && !type.reads_workload) request.mutable_workload()->clear_objects();
      requests.emplace_back(std::move(request));
    }
  }
  return requests;
}

}  // namespace weft::check
