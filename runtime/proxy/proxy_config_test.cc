#include "runtime/proxy/proxy_config.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weft::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> RulesOf(const std::vector<Route>& routes) {
  std::vector<std::string> rules;
  for (const auto line :
       absl::StrSplit(ConfigText({"1.2.3.4:80", "1.2.3.4:443", routes, {}}, {}), '\n'))
    if (const size_t at = line.find("use_backend "); at != std::string::npos)
      rules.emplace_back(line.substr(at + sizeof("use_backend ") - 1));
  return rules;
}

TEST(ProxyConfig, TheRouteThatSaysMostGoesFirst) {
  constexpr char kHost[] = "{ var(txn.host) -m str 'b.a.org' } ";
  EXPECT_EQ(RulesOf({{"", "/", false, "10.0.0.1:80"},
                     {"*.a.org", "/", false, "10.0.0.2:80"},
                     {"b.a.org", "/", false, "10.0.0.3:80"},
                     {"b.a.org", "/x/", false, "10.0.0.4:80"},
                     {"b.a.org", "/x/y", false, "10.0.0.5:80"},
                     {"b.a.org", "/x", true, "10.0.0.6:80"}}),
            (std::vector<std::string>{
                absl::StrCat("10.0.0.6_80 if ", kHost, "{ path -m str '/x' }"),
                absl::StrCat("10.0.0.5_80 if ", kHost, "{ path -m str '/x/y' } or ", kHost,
                             "{ path -m beg '/x/y/' }"),
                absl::StrCat("10.0.0.4_80 if ", kHost, "{ path -m str '/x' } or ", kHost,
                             "{ path -m beg '/x/' }"),
                absl::StrCat("10.0.0.3_80 if ", kHost, "{ path -m beg '/' }"),
                "10.0.0.2_80 if { var(txn.host) -m reg '^[^.]+[.]a[.]org$' } { path -m beg '/' }",
                "10.0.0.1_80 if { path -m beg '/' }"}));
}

TEST(ProxyConfig, OfTwoThatSayTheSameTheFirstHoldsAndWhoIsNotThereIsSaidSo) {
  EXPECT_EQ(
      RulesOf({{"", "/a", false, ""}, {"", "/a", false, "10.0.0.1:80"}}),
      (std::vector<std::string>{"unavailable if { path -m str '/a' } or { path -m beg '/a/' }",
                                "10.0.0.1_80 if { path -m str '/a' } or { path -m beg '/a/' }"}));
}

TEST(ProxyConfig, ListensForHttpsWithCertificatesOnly) {
  ProxySetup setup{"1.2.3.4:80", "1.2.3.4:443", {{"", "/", false, "10.0.0.1:80"}}, {}};
  const ProxyUser user{"nobody", "nogroup"};
  EXPECT_THAT(ConfigText(setup, user), Not(HasSubstr("443")));
  setup.certificates = {{"shop.tls", {"a.org", "b.org"}, "PEM"}, {"shop.other", {}, "PEM"}};
  EXPECT_THAT(ConfigText(setup, user),
              HasSubstr("  bind 1.2.3.4:443 ssl crt-list " + CertificateListFile(setup) + "\n"));
  EXPECT_THAT(ConfigText(setup, user), HasSubstr("  user nobody\n  group nogroup\n"));
  EXPECT_EQ(CertificateListText(setup),
            "certificates/shop.tls.pem [alpn h2,http/1.1] a.org b.org\n"
            "certificates/shop.other.pem [alpn h2,http/1.1]\n");
}

}  // namespace
}  // namespace weft::proxy
