#include "runtime/engine/container_json.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

TEST(ContainerJson, OfANetworkItTellsThePlacesThatNoContainerHas) {
  const Network network =
      NetworkFromJson(*json::Parse(R"({"Name":"n","Containers":{"ep-89ab":{"Name":"gone"}}})"));
  EXPECT_EQ(network.lost_endpoints, std::vector<std::string>{"gone"});
  const Network used = NetworkFromJson(*json::Parse(
      R"({"Name":"n","Containers":{"0123abcd":{"Name":"web"},"ep-89ab":{"Name":"starts"}}})"));
  EXPECT_TRUE(used.lost_endpoints.empty());
  EXPECT_TRUE(NetworkFromJson(*json::Parse(R"({"Name":"n"})")).lost_endpoints.empty());
}

TEST(ContainerJson, AsksForWhatTheSpecSaysAndNothingElse) {
  ContainerSpec spec;
  spec.name = "weft-1-default-web";
  spec.hostname = "web";
  spec.image = "nginx:1";
  spec.network = "net";
  spec.environment = {"A=1"};
  EXPECT_EQ(ContainerCreateJson(spec),
            R"({"Env":["A=1"],"HostConfig":{"NetworkMode":"net","RestartPolicy":{"Name":"no"}},)"
            R"("Hostname":"web","Image":"nginx:1","Labels":{},)"
            R"("NetworkingConfig":{"EndpointsConfig":{"net":{"Aliases":[]}}},"StopTimeout":10})");
  spec.address = "172.17.128.1";
  spec.entrypoint = {"/a"};
  spec.sysctls = {{"net.ipv4.ip_forward", "1"}};
  spec.name_servers = {"172.17.255.254"};
  const auto body = json::Parse(ContainerCreateJson(spec));
  EXPECT_EQ(json::GetString(
                *body, {"NetworkingConfig", "EndpointsConfig", "net", "IPAMConfig", "IPv4Address"}),
            "172.17.128.1");
  EXPECT_EQ(json::GetString(*body, {"HostConfig", "Sysctls", "net.ipv4.ip_forward"}), "1");
  EXPECT_EQ(json::Canonical(*json::FindPath(*body, {"HostConfig", "Dns"})),
            R"(["172.17.255.254"])");
  EXPECT_EQ(json::Find(*body, "Cmd"), nullptr);
}

TEST(ContainerJson, AsksForLimitsAndRights) {
  ContainerSpec spec;
  spec.user = "1000:1000";
  spec.working_directory = "/work";
  spec.read_only_root = true;
  spec.no_new_privileges = true;
  spec.capabilities_add = {"NET_ADMIN"};
  spec.capabilities_drop = {"ALL"};
  spec.cpu_limit_milli = 1500;
  spec.memory_limit = 64 << 20;
  spec.log_bytes = 1000;
  spec.keep_running = true;
  const json::value body = *json::Parse(ContainerCreateJson(spec));
  EXPECT_EQ(json::GetString(body, {"User"}), "1000:1000");
  EXPECT_EQ(json::GetString(body, {"WorkingDir"}), "/work");
  EXPECT_EQ(json::Canonical(*json::Find(body, "HostConfig")),
            R"({"CapAdd":["NET_ADMIN"],"CapDrop":["ALL"],"CpuPeriod":100000,"CpuQuota":150000,)"
            R"("LogConfig":{"Config":{"max-file":"5","max-size":"1000"},"Type":"json-file"},)"
            R"("Memory":67108864,"MemorySwap":67108864,"NetworkMode":"",)"
            R"("ReadonlyRootfs":true,"RestartPolicy":{"Name":"always"},)"
            R"("SecurityOpt":["no-new-privileges"]})");
}

TEST(ContainerJson, ADirectoryIsBoundForReadingOnly) {
  ContainerSpec spec;
  spec.binds = {{"/data/identities/x", "/etc/weft/tls"}};
  const json::value body = *json::Parse(ContainerCreateJson(spec));
  EXPECT_EQ(json::Canonical(*json::FindPath(body, {"HostConfig", "Mounts"})),
            R"([{"ReadOnly":true,"Source":"/data/identities/x","Target":"/etc/weft/tls",)"
            R"("Type":"bind"}])");
}

TEST(ContainerJson, AVolumeIsOfItsOwnOrOneThatIsThere) {
  ContainerSpec spec;
  spec.volumes = {{.target = "/a"},
                  {.target = "/b", .memory = true, .memory_bytes = 4096},
                  {.volume = "v1", .target = "/c", .read_only = true}};
  const json::value body = *json::Parse(ContainerCreateJson(spec));
  EXPECT_EQ(
      json::Canonical(*json::FindPath(body, {"HostConfig", "Mounts"})),
      R"([{"ReadOnly":false,"Target":"/a","Type":"volume","VolumeOptions":{"NoCopy":true}},)"
      R"({"ReadOnly":false,"Target":"/b","Type":"volume","VolumeOptions":{"DriverConfig":)"
      R"({"Name":"local","Options":{"device":"tmpfs","o":"mode=0777,size=4096","type":"tmpfs"}},)"
      R"("NoCopy":true}},)"
      R"({"ReadOnly":true,"Source":"v1","Target":"/c","Type":"volume",)"
      R"("VolumeOptions":{"NoCopy":true}}])");
}

TEST(ContainerJson, ReadsWhatTheEngineSaysOfAContainer) {
  const auto v = json::Parse(R"({"Id":"abc","Name":"/weft-x","Created":"2024-01-02T03:04:05.5Z",
    "RestartCount":2,"Config":{"Image":"i","Labels":{"a":"b"}},
    "State":{"Status":"running","Pid":7,"ExitCode":0,"StartedAt":"2024-01-02T03:04:06Z",
             "FinishedAt":"0001-01-01T00:00:00Z"},
    "Mounts":[{"Type":"volume","Name":"v1","Source":"/data/v1","Destination":"/a","RW":true},
              {"Type":"bind","Source":"/x","Destination":"/b"}],
    "NetworkSettings":{"Networks":{"net":{"IPAddress":"172.17.0.2"},"other":{"IPAddress":""}}}})");
  const Container c = ContainerFromJson(*v);
  EXPECT_EQ(c.name, "weft-x");
  EXPECT_EQ(c.volumes, (std::map<std::string, MountedVolume>{{"/a", {"v1", "/data/v1"}}}));
  EXPECT_EQ(c.state, "running");
  EXPECT_EQ(c.pid, 7);
  EXPECT_EQ(c.restart_count, 2);
  EXPECT_EQ(c.finished_at, "");
  EXPECT_EQ(c.labels.at("a"), "b");
  EXPECT_EQ(c.addresses.size(), 1u);
  EXPECT_EQ(c.addresses.at("net"), "172.17.0.2");
}

TEST(ContainerJson, ReadsWhatAContainerUsesWithoutWhatTheKernelCanTakeBack) {
  const auto read = [](const char* inactive) {
    return UsageFromJson(*json::Parse(
        std::string(R"({"cpu_stats":{"cpu_usage":{"total_usage":1500000000}},"memory_stats":{)") +
        R"("usage":1000,"stats":{")" + inactive + R"(":300}}})"));
  };
  EXPECT_EQ(read("total_inactive_file").cpu, absl::Seconds(1.5));
  EXPECT_EQ(read("total_inactive_file").memory_bytes, 700) << "cgroup v1";
  EXPECT_EQ(read("inactive_file").memory_bytes, 700) << "cgroup v2";
  EXPECT_FALSE(read("inactive_file").network.has_value()) << "it shares another's";
}

TEST(ContainerJson, ReadsWhatAContainerSentAndReceived) {
  const Usage usage = UsageFromJson(*json::Parse(
      R"({"networks":{"eth0":{"rx_bytes":10,"tx_bytes":20},"eth1":{"rx_bytes":1,"tx_bytes":2}}})"));
  ASSERT_TRUE(usage.network.has_value());
  EXPECT_EQ(usage.network->received_bytes, 11);
  EXPECT_EQ(usage.network->sent_bytes, 22);
}

TEST(ContainerJson, AVolumeBearsItsNameAndItsLabels) {
  EXPECT_EQ(VolumeCreateJson({"weft-a.b.c", {{"k", "v"}}}),
            R"({"Labels":{"k":"v"},"Name":"weft-a.b.c"})");
}

TEST(ContainerJson, AnOddAnswerIsReadAsEmptyNotAsAFailure) {
  const auto v = json::Parse(R"({"State":null,"Config":{"Labels":null},"Names":[]})");
  EXPECT_EQ(ContainerFromJson(*v).state, "");
  EXPECT_EQ(SummaryFromJson(*v).name, "");
  EXPECT_EQ(NetworkFromJson(*v).subnet, "");
}

TEST(ContainerJson, AnErrorCarriesTheEnginesMessage) {
  const absl::Status status =
      StatusFromAnswer(404, R"({"message":"No such image: x"})", "create container y");
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(status.message(), "create container y: No such image: x");
  EXPECT_TRUE(StatusFromAnswer(304, "", "start").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(
      StatusFromAnswer(500, R"({"message":"... container state improper"})", "run")));
  EXPECT_EQ(StatusFromAnswer(500, "plain text", "start").message(), "start: plain text");
}

TEST(ContainerJson, AStateThatOnlyAPodmanKnowsIsTheNextOfDockers) {
  const auto state = [](const std::string& status) {
    return ContainerFromJson(json::object{{"State", json::object{{"Status", status}}}}).state;
  };
  EXPECT_EQ(state("initialized"), "created");
  EXPECT_EQ(state("stopping"), "running");
  EXPECT_EQ(state("stopped"), "exited");
  EXPECT_EQ(state("restarting"), "restarting");
}

}  // namespace
}  // namespace weft::engine
