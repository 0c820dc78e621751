#include "core/cli/usage_table.h"

#include <gtest/gtest.h>

namespace weft::cli {
namespace {

core::v1::PodUsage& AddPod(core::v1::UsageResponse& usage, const std::string& instance,
                           const std::string& pod) {
  core::v1::PodUsage& out = *usage.add_pods();
  out.set_instance(instance);
  out.set_pod(pod);
  return out;
}

void AddContainer(core::v1::PodUsage& pod, const std::string& name, uint64_t nanocores,
                  uint64_t memory, uint64_t disk) {
  common::v1::ContainerUsage& out = *pod.add_containers();
  out.set_name(name);
  out.set_cpu_nanocores(nanocores);
  out.set_memory_bytes(memory);
  out.set_disk_bytes(disk);
}

core::v1::UsageResponse Shop() {
  core::v1::UsageResponse usage;
  core::v1::PodUsage& web = AddPod(usage, "web", "web-0");
  AddContainer(web, "main", 250'000'000, 32 << 20, 4096);
  AddContainer(web, "proxy", 1'400'000, 2 << 20, 0);
  web.mutable_network()->set_received_bytes(1500);
  web.mutable_network()->set_sent_bytes(3 << 20);
  common::v1::ContainerUsage& fresh = *AddPod(usage, "db", "db-0").add_containers();
  fresh.set_name("main");
  fresh.set_memory_bytes(700);
  return usage;
}

TEST(UsageTable, HasALineForEachPod) {
  UsageTable table(/*containers=*/false, /*applications=*/false);
  table.Add("shop", Shop());
  EXPECT_EQ(table.Render(),
            "INSTANCE  POD    CPU   MEMORY  DISK   RECEIVED  SENT\n"
            "web       web-0  251m  34Mi    4.0Ki  1.5Ki     3.0Mi\n"
            "db        db-0   -     700     -      -         -\n");
}

TEST(UsageTable, HasALineForEachContainer) {
  UsageTable table(/*containers=*/true, /*applications=*/true);
  table.Add("shop", Shop());
  EXPECT_EQ(table.Render(),
            "APPLICATION  INSTANCE  POD    CONTAINER  CPU   MEMORY  DISK\n"
            "shop         web       web-0  main       250m  32Mi    4.0Ki\n"
            "shop         web       web-0  proxy      1m    2.0Mi   0\n"
            "shop         db        db-0   main       -     700     -\n");
}

TEST(UsageTable, SaysThatNothingRuns) {
  UsageTable table(/*containers=*/false, /*applications=*/true);
  table.Add("shop", {});
  EXPECT_EQ(table.Render(), "no pod runs\n");
}

TEST(UsageTable, RoundsAmounts) {
  EXPECT_EQ(FormatBytes(0), "0");
  EXPECT_EQ(FormatBytes(1023), "1023");
  EXPECT_EQ(FormatBytes(1024), "1.0Ki");
  EXPECT_EQ(FormatBytes(10 * 1024 - 1), "10Ki");
  EXPECT_EQ(FormatBytes(1024 * 1024 - 1), "1.0Mi");
  EXPECT_EQ(FormatBytes(uint64_t{5} << 50), "5120Ti");
  EXPECT_EQ(FormatCpu(0), "0m");
  EXPECT_EQ(FormatCpu(1), "1m");
  EXPECT_EQ(FormatCpu(1'499'999), "1m");
  EXPECT_EQ(FormatCpu(1'500'000), "2m");
  EXPECT_EQ(FormatCpu(3'000'000'000), "3000m");
}

}  // namespace
}  // namespace weft::cli
