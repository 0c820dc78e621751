// weft-bench-greeter: the trait of tests/thirdparty/greeter in C++. Of the same request it makes
// the same part.
#include "plugins/sdk/provider.h"
#include "plugins/sdk/serve.h"

namespace weft::bench {
namespace {

sdk::Parts Render(const sdk::TraitRequest& request, sdk::Diagnostics&) {
  const json::array variables = {json::object{{"name", request.instance.GetString("variable")},
                                              {"value", request.instance.GetString("greeting")}}};
  const json::array containers = {
      json::object{{"name", request.instance.GetString("container")}, {"env", variables}},
      json::object{
          {"name", "greeter"}, {"image", request.instance.GetString("image")}, {"env", variables}}};
  sdk::Parts parts;
  parts.Merge(request.workload.Primary(), request.workload.shape.pod_template + "/spec",
              json::object{{"containers", containers}});
  return parts;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  const weft::sdk::Trait greeter = {
      .type = "greeter",
      .summary = "Greets through a variable and a sidecar",
      .applies_to = {weft::sdk::kAnythingWithPodTemplate},
      .writes = {{"*", "*", "+podTemplate", weft::sdk::WriteMode::kAdd}},
      .reads_workload = true,
      .render = weft::bench::Render,
  };
  return weft::sdk::Serve("greeter", greeter, argc, argv);
}
