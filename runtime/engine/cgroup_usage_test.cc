#include "runtime/engine/cgroup_usage.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace weft::engine {
namespace {

class CgroupUsage : public testing::Test {
 protected:
  CgroupUsage() {
    char path[] = "/tmp/weft_cgroup_XXXXXX";
    folder_ = mkdtemp(path);
  }
  ~CgroupUsage() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = folder_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::optional<Usage> Read(const std::string& id = "0123abcd") const {
    return ReadCgroupUsage(7, id, folder_ + "/proc", folder_ + "/groups");
  }

  std::string folder_;
};

TEST_F(CgroupUsage, OfVersion1) {
  Write("proc/7/cgroup",
        "4:memory:/docker/0123abcd\n3:cpu,cpuacct:/docker/0123abcd\n0::/docker/0123abcd\n");
  Write("groups/cpuacct/docker/0123abcd/cpuacct.usage", "1500000000\n");
  Write("groups/memory/docker/0123abcd/memory.usage_in_bytes", "1000\n");
  Write("groups/memory/docker/0123abcd/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n");
  const std::optional<Usage> usage = Read();
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->cpu, absl::Seconds(1.5));
  EXPECT_EQ(usage->memory_bytes, 700);
  EXPECT_FALSE(usage->network.has_value());
}

TEST_F(CgroupUsage, OfVersion2) {
  Write("proc/7/cgroup", "0::/system.slice/docker-0123abcd.scope\n");
  const std::string group = "groups/system.slice/docker-0123abcd.scope/";
  Write(group + "cpu.stat", "usage_usec 1500000\nuser_usec 1\n");
  Write(group + "memory.current", "1000\n");
  Write(group + "memory.stat", "anon 600\ninactive_file 300\n");
  Write("proc/7/net/dev",
        "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n"
        "    lo:    5 1 0 0 0 0 0 0    5 1 0 0 0 0 0 0\n"
        "  eth0:62845 7 0 0 0 0 0 0 62704 7 0 0 0 0 0 0\n"
        "  eth1:    1 1 0 0 0 0 0 0    2 1 0 0 0 0 0 0\n");
  const std::optional<Usage> usage = Read();
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->cpu, absl::Seconds(1.5));
  EXPECT_EQ(usage->memory_bytes, 700);
  ASSERT_TRUE(usage->network.has_value());
  EXPECT_EQ(usage->network->received_bytes, 62846);
  EXPECT_EQ(usage->network->sent_bytes, 62706);
}

TEST_F(CgroupUsage, OfAnotherProcessIsNotTheContainers) {
  Write("proc/7/cgroup", "0::/user.slice\n");
  Write("groups/user.slice/cpu.stat", "usage_usec 1\n");
  Write("groups/user.slice/memory.current", "1\n");
  EXPECT_FALSE(Read().has_value());
  EXPECT_FALSE(Read("").has_value());
  EXPECT_FALSE(ReadCgroupUsage(8, "0123abcd", folder_ + "/proc", folder_).has_value());
}

TEST_F(CgroupUsage, OfOneThatEndsMeanwhileIsNotKnown) {
  Write("proc/7/cgroup", "0::/docker-0123abcd.scope\n");
  EXPECT_FALSE(Read().has_value());
}

}  // namespace
}  // namespace weft::engine
