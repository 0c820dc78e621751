#include "plugins/workloads/server/server.h"

#include <gtest/gtest.h>

namespace weft::server {
namespace {

sdk::WorkloadRequest Request() {
  sdk::WorkloadRequest request;
  request.instance = {"d/a/web", "d", "a", "web", json::object{}};
  request.containers.push_back({.name = "main",
                                .image = "nginx:latest",
                                .command = {"/bin/nginx"},
                                .env = {{"A", "1"}},
                                .ports = {{"http", 80, "TCP"}},
                                .cpu_millicores = 100,
                                .memory_bytes = 134217728});
  return request;
}

TEST(Server, BecomesADeploymentAndAService) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = kServer.render(Request(), diagnostics);
  ASSERT_EQ(parts.parts().size(), 2u);
  EXPECT_EQ(
      json::Canonical(parts.parts()[0].value),
      R"({"spec":{"selector":{"matchLabels":{"weft.dev/application":"a","weft.dev/component":"web"}},)"
      R"("template":{"metadata":{"labels":{"weft.dev/application":"a","weft.dev/component":"web"}},)"
      R"("spec":{"containers":[{"command":["/bin/nginx"],"env":[{"name":"A","value":"1"}],"image":"nginx:latest",)"
      R"("name":"main","ports":[{"containerPort":80,"name":"http","protocol":"TCP"}],)"
      R"("resources":{"requests":{"cpu":"100m","memory":"134217728"}},)"
      R"("terminationMessagePolicy":"FallbackToLogsOnError"}]}}}})");
  EXPECT_EQ(json::Canonical(parts.parts()[1].value),
            R"({"spec":{"ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":80}],)"
            R"("selector":{"weft.dev/application":"a","weft.dev/component":"web"}}})");
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST(Server, AsksInEveryWay) {
  sdk::WorkloadRequest request = Request();
  request.containers[0].liveness =
      sdk::Probe{.action = sdk::ProbeAction::kExec, .command = {"test", "x"}};
  request.containers[0].readiness =
      sdk::Probe{.path = "/ready", .port = 80, .headers = {{"X-Probe", "1"}}};
  sdk::Diagnostics diagnostics;
  const json::value deployment = kServer.render(request, diagnostics).parts().at(0).value;
  const json::value& container =
      json::FindPath(deployment, {"spec", "template", "spec", "containers"})->get_array()[0];
  EXPECT_EQ(json::Canonical(*json::FindPath(container, {"livenessProbe", "exec"})),
            R"({"command":["test","x"]})");
  EXPECT_EQ(json::Canonical(*json::FindPath(container, {"readinessProbe", "httpGet"})),
            R"({"httpHeaders":[{"name":"X-Probe","value":"1"}],"path":"/ready","port":80})");
  request.containers[0].liveness = sdk::Probe{.action = sdk::ProbeAction::kTcp, .port = 81};
  const json::value other = kServer.render(request, diagnostics).parts().at(0).value;
  EXPECT_EQ(json::GetInt(
                json::FindPath(other, {"spec", "template", "spec", "containers"})->get_array()[0],
                {"livenessProbe", "tcpSocket", "port"}),
            81);
}

TEST(Server, TellsWhatItsRegistriesAskForOnce) {
  sdk::WorkloadRequest request = Request();
  const auto secrets = [&] {
    sdk::Diagnostics diagnostics;
    const json::value deployment = kServer.render(request, diagnostics).parts().at(0).value;
    const json::value* found =
        json::FindPath(deployment, {"spec", "template", "spec", "imagePullSecrets"});
    return found == nullptr ? "none" : json::Canonical(*found);
  };
  EXPECT_EQ(secrets(), "none");
  request.containers[0].image_pull_secret = "ours";
  request.containers.push_back({.name = "a", .image = "a:1", .image_pull_secret = "ours"});
  request.containers.push_back({.name = "b", .image = "b:1", .image_pull_secret = "another"});
  EXPECT_EQ(secrets(), R"([{"name":"another"},{"name":"ours"}])");
}

// Two containers that share a directory; each has files of its own.
sdk::WorkloadRequest WithFiles() {
  sdk::WorkloadRequest request = Request();
  sdk::Container& main = request.containers[0];
  main.config_files = {{"/etc/nginx/a b.conf", "one"}};
  main.volumes = {{.name = "tmp", .mount_path = "/tmp", .disk_bytes = 1024}};
  request.containers.push_back(
      {.name = "side",
       .image = "side:1",
       .config_files = {{"/etc/a", "two"}, {"/etc/b/a", "three"}},
       .volumes = {{.name = "tmp", .mount_path = "/in", .read_only = true, .disk_bytes = 2048}}});
  return request;
}

TEST(Server, PutsConfigFilesAndVolumesIntoItsContainers) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = kServer.render(WithFiles(), diagnostics);
  ASSERT_TRUE(diagnostics.all().empty());
  ASSERT_EQ(parts.parts().size(), 3u);
  EXPECT_EQ(parts.parts()[1].object, (sdk::ObjectRef{"v1", "ConfigMap", "web", ""}));
  EXPECT_EQ(json::Canonical(parts.parts()[1].value),
            R"({"data":{"main.0.a_b.conf":"one","side.0.a":"two","side.1.a":"three"}})");
  const json::value& pod = *json::FindPath(parts.parts()[0].value, {"spec", "template", "spec"});
  EXPECT_EQ(json::Canonical(*json::Find(pod, "volumes")),
            R"([{"emptyDir":{},"name":"tmp"},)"
            R"({"configMap":{"name":"web"},"name":"weft-config"}])");
  const auto mounts = [&](size_t container) {
    return json::Canonical(
        *json::Find(json::Find(pod, "containers")->get_array()[container], "volumeMounts"));
  };
  EXPECT_EQ(mounts(0), R"([{"mountPath":"/tmp","name":"tmp"},{"mountPath":"/etc/nginx/a b.conf",)"
                       R"("name":"weft-config","readOnly":true,"subPath":"main.0.a_b.conf"}])");
  EXPECT_EQ(
      mounts(1),
      R"([{"mountPath":"/in","name":"tmp","readOnly":true},)"
      R"({"mountPath":"/etc/a","name":"weft-config","readOnly":true,"subPath":"side.0.a"},)"
      R"({"mountPath":"/etc/b/a","name":"weft-config","readOnly":true,"subPath":"side.1.a"}])");
}

TEST(Server, AChangedFileMakesItsPodsAnew) {
  const auto metadata = [](const sdk::WorkloadRequest& request) {
    sdk::Diagnostics diagnostics;
    return json::Canonical(*json::FindPath(kServer.render(request, diagnostics).parts()[0].value,
                                           {"spec", "template", "metadata"}));
  };
  sdk::WorkloadRequest request = WithFiles();
  const std::string before = metadata(request);
  EXPECT_EQ(metadata(request), before);
  request.containers[1].config_files[1].content = "new";
  EXPECT_NE(metadata(request), before);
}

TEST(Server, SaysWhichPathsCannotBe) {
  sdk::WorkloadRequest request = WithFiles();
  request.containers[0].config_files = {{"/tmp", "a"}, {"/etc/", "b"}, {"/a/../b", "c"}};
  request.containers[1].volumes[0].name = "weft-config";
  sdk::Diagnostics diagnostics;
  kServer.render(request, diagnostics);
  std::vector<std::string> said;
  for (const auto& d : diagnostics.all()) said.push_back(d.code + " " + d.pointer);
  EXPECT_EQ(said,
            (std::vector<std::string>{"MOUNT_PATH_TAKEN /containers/0/config/0/path",
                                      "BAD_MOUNT_PATH /containers/0/config/1/path",
                                      "BAD_MOUNT_PATH /containers/0/config/2/path",
                                      "VOLUME_NAME_TAKEN /containers/1/resources/volumes/0/name"}));
}

TEST(Server, WithoutAPortHasNoServiceAndWarns) {
  sdk::WorkloadRequest request = Request();
  request.containers[0].ports.clear();
  sdk::Diagnostics diagnostics;
  EXPECT_EQ(kServer.render(request, diagnostics).parts().size(), 1u);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_FALSE(diagnostics.all()[0].error);
  EXPECT_EQ(diagnostics.all()[0].code, "SERVER_WITHOUT_PORT");
}

}  // namespace
}  // namespace weft::server
