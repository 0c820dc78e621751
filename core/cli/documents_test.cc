#include "core/cli/documents.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "core/cli/testing.h"

namespace weft::cli {
namespace {

using ::testing::ElementsAre;

class DocumentsTest : public ::testing::Test {
 protected:
  // Names of the files, without the folder.
  std::vector<std::string> Read(const std::vector<std::string>& paths) {
    std::istringstream in("input");
    std::vector<std::string> names;
    const auto sources = ReadSources(paths, in);
    if (!sources.ok()) return {std::string(sources.status().message())};
    for (const SourceFile& source : *sources)
      names.push_back(source.name.substr(source.name.rfind('/') + 1));
    return names;
  }
  const testing::TemporaryFolder folder_;
};

TEST_F(DocumentsTest, AFolderGivesItsDocumentsInOrderOfName) {
  for (const char* name : {"b.yml", "a.yaml", "c.json", "README.md", "below/d.yaml"})
    folder_.Write(name, "x");
  EXPECT_THAT(Read({folder_.path().string()}), ElementsAre("a.yaml", "b.yml", "c.json"));
  EXPECT_THAT(Read({folder_.path().string() + "/"}), ElementsAre("a.yaml", "b.yml", "c.json"));
}

TEST_F(DocumentsTest, AFileIsReadOnceWhateverItsExtension) {
  folder_.Write("a.txt", "x");
  EXPECT_THAT(Read({folder_ / "a.txt", folder_ / "./a.txt", "-", "-"}), ElementsAre("a.txt", "-"));
}

TEST_F(DocumentsTest, AnInputThatCannotBeReadIsAnError) {
  std::ifstream folder("/");  // Opens; a read fails.
  EXPECT_EQ(ReadSources({"-"}, folder).status().message(), "-: cannot be read");
}

TEST_F(DocumentsTest, NamesWhatIsMissingOrEmpty) {
  const std::string folder = folder_.path().string();
  EXPECT_THAT(Read({folder_ / "none"}), ElementsAre(folder + "/none: no such file or folder"));
  EXPECT_THAT(Read({folder}),
              ElementsAre(folder + ": the folder has no *.yaml, *.yml or *.json file"));
}

}  // namespace
}  // namespace weft::cli
