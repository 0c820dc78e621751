#include "core/catalog/type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::catalog {
namespace {

using testing::ElementsAre;
using testing::IsNull;
using testing::NotNull;

Type MakeType(TypeKind kind, std::string name, std::vector<std::string> aliases,
              std::string provider) {
  Type type;
  type.kind = kind;
  type.name = std::move(name);
  type.aliases = std::move(aliases);
  type.provider = std::move(provider);
  return type;
}

TEST(TypeTable, FindsTypesByCanonicalNameAndByAlias) {
  const TypeTable table({MakeType(TypeKind::kWorkload, "example.org/v1.Web", {"Web"}, "a"),
                         MakeType(TypeKind::kTrait, "scaler", {}, "b")});
  ASSERT_THAT(table.Find(TypeKind::kWorkload, "example.org/v1.Web"), NotNull());
  EXPECT_EQ(table.Find(TypeKind::kWorkload, "Web"),
            table.Find(TypeKind::kWorkload, "example.org/v1.Web"));
  EXPECT_THAT(table.Find(TypeKind::kWorkload, "scaler"), IsNull());
  EXPECT_THAT(table.Find(TypeKind::kTrait, "Web"), IsNull());
  EXPECT_THAT(table.Names(TypeKind::kWorkload), ElementsAre("Web", "example.org/v1.Web"));
  EXPECT_THAT(table.Names(TypeKind::kTrait), ElementsAre("scaler"));
}

TEST(TypeTable, KeepsTheFirstProviderOfANameWhateverTheOrderTheyCameIn) {
  const Type first = MakeType(TypeKind::kWorkload, "example.org/v1.Web", {"Web"}, "alpha");
  const Type same = MakeType(TypeKind::kWorkload, "example.org/v1.Web", {}, "beta");
  const Type alias = MakeType(TypeKind::kWorkload, "example.com/v2.Site", {"Web"}, "gamma");
  const Type other_kind = MakeType(TypeKind::kTrait, "Web", {}, "zeta");
  for (const std::vector<Type>& types : {std::vector<Type>{first, same, alias, other_kind},
                                         std::vector<Type>{other_kind, alias, same, first}}) {
    const TypeTable table(types);
    ASSERT_EQ(table.types().size(), 2u);
    EXPECT_EQ(table.Find(TypeKind::kWorkload, "Web")->provider, "alpha");
    EXPECT_THAT(table.Find(TypeKind::kWorkload, "example.com/v2.Site"), IsNull());
    EXPECT_EQ(table.Find(TypeKind::kTrait, "Web")->provider, "zeta");
  }
}

TEST(TypeTable, OrdersTypesByKindAndCanonicalName) {
  const TypeTable table({MakeType(TypeKind::kTrait, "a", {}, "p"),
                         MakeType(TypeKind::kWorkload, "z", {"z"}, "q"),
                         MakeType(TypeKind::kWorkload, "b", {}, "r")});
  std::vector<std::string> names;
  for (const Type& type : table.types()) names.push_back(type.name);
  EXPECT_THAT(names, ElementsAre("b", "z", "a"));
}

}  // namespace
}  // namespace weft::catalog
