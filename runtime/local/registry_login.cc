#include "runtime/local/registry_login.h"

#include <algorithm>
#include <fnmatch.h>
#include <optional>
#include <unistd.h>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/environment.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace weft::local {
namespace {

constexpr char kDockerHub[] = "docker.io";

std::string Canonical(absl::string_view registry) {
  // Docker writes its own under a former address, by which the engine still asks for it.
  if (registry == "index.docker.io" || registry == "registry-1.docker.io") return kDockerHub;
  return std::string(registry);
}

// The registry as it is written in an image's name; empty: there is none, it is Docker's.
absl::string_view WrittenRegistry(absl::string_view image) {
  const size_t slash = image.find('/');
  if (slash == absl::string_view::npos) return "";
  const absl::string_view first = image.substr(0, slash);
  // It has a dot or a port in its name, or is this machine: what has not is a user's name.
  const bool is_one = first == "localhost" || first.find_first_of(".:") != absl::string_view::npos;
  return is_one ? first : "";
}

// What an image is called in its registry: "library/nginx", "team/web".
std::string PathOf(const std::string& image) {
  absl::string_view path = image;
  if (const size_t written = WrittenRegistry(path).size(); written > 0)
    path.remove_prefix(written + 1);
  path = path.substr(0, path.find_first_of("@:"));
  const bool official =
      RegistryOf(image) == kDockerHub && path.find('/') == absl::string_view::npos;
  return absl::StrCat(official ? "library/" : "", path);
}

// Whether a registry is one that a key is for: each "*" stands for a part between dots, or for some
// of it.
bool IsFor(absl::string_view key, absl::string_view registry) {
  const std::vector<std::string> wanted = absl::StrSplit(key, '.'),
                                 parts = absl::StrSplit(registry, '.');
  return std::equal(wanted.begin(), wanted.end(), parts.begin(), parts.end(),
                    [](const std::string& pattern, const std::string& part) {
                      return fnmatch(pattern.c_str(), part.c_str(), 0) == 0;
                    });
}

// How much of `image` a key of `auths` names; nothing: it is for another.
std::optional<size_t> Match(absl::string_view key, const std::string& image) {
  for (const char* scheme : {"https://", "http://"}) absl::ConsumePrefix(&key, scheme);
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(key, absl::MaxSplits('/', 1));
  if (!IsFor(Canonical(parts.first), RegistryOf(image))) return std::nullopt;
  absl::string_view path = absl::StripSuffix(parts.second, "/");
  if (path == "v1" || path == "v2") path = "";  // Of the API, not of the image.
  const std::string name = PathOf(image);
  if (!path.empty() && name != path && !absl::StartsWith(name, absl::StrCat(path, "/")))
    return std::nullopt;
  return path.size();
}

std::optional<engine::RegistryLogin> LoginOf(const json::value& entry, const std::string& image) {
  const std::string registry = RegistryOf(image);
  engine::RegistryLogin login;
  login.server = registry == kDockerHub ? "https://index.docker.io/v1/" : registry;
  login.username = json::GetString(entry, {"username"});
  login.password = json::GetString(entry, {"password"});
  login.identity_token = json::GetString(entry, {"identitytoken"});
  std::string both;  // It goes before the two by themselves.
  if (absl::Base64Unescape(json::GetString(entry, {"auth"}), &both) && !both.empty()) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(both, absl::MaxSplits(':', 1));
    login.username = parts.first;
    login.password = parts.second.substr(0, parts.second.find('\0'));
  }
  if (login.username.empty() && login.identity_token.empty()) return std::nullopt;
  return login;
}

const json::object* ObjectAt(const json::value& config, const char* key) {
  const json::value* found = json::Find(config, key);
  return found != nullptr && found->is_object() ? &found->get_object() : nullptr;
}

}  // namespace

std::string RegistryOf(const std::string& image) {
  const absl::string_view written = WrittenRegistry(image);
  return written.empty() ? kDockerHub : Canonical(written);
}

std::vector<engine::RegistryLogin> LoginsFor(const std::string& image,
                                             const std::vector<std::string>& configs) {
  std::vector<std::pair<size_t, engine::RegistryLogin>> found;
  for (const std::string& text : configs) {
    const absl::StatusOr<json::value> config = json::Parse(text);
    if (!config.ok()) continue;
    const json::object* auths = ObjectAt(*config, "auths");
    if (auths == nullptr) continue;
    for (const auto& [key, entry] : *auths) {
      const std::optional<size_t> match = Match(absl::string_view(key.data(), key.size()), image);
      if (!match.has_value()) continue;
      if (auto login = LoginOf(entry, image); login.has_value())
        found.emplace_back(*match, *std::move(login));
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<engine::RegistryLogin> logins;
  for (auto& [match, login] : found) logins.push_back(std::move(login));
  return logins;
}

bool HasHelperFor(const std::string& image, const std::vector<std::string>& configs) {
  return std::any_of(configs.begin(), configs.end(), [&](const std::string& text) {
    const absl::StatusOr<json::value> config = json::Parse(text);
    if (!config.ok()) return false;
    if (!json::GetString(*config, {"credsStore"}).empty()) return true;
    const json::object* helpers = ObjectAt(*config, "credHelpers");
    return helpers != nullptr && helpers->contains(RegistryOf(image));
  });
}

std::vector<std::string> MachineLogins() {
  const std::string home = Environment("HOME"), docker = Environment("DOCKER_CONFIG"),
                    run = Environment("XDG_RUNTIME_DIR");
  std::vector<std::string> paths = {Environment("REGISTRY_AUTH_FILE")};
  paths.push_back((docker.empty() ? absl::StrCat(home, "/.docker") : docker) + "/config.json");
  if (!run.empty()) paths.push_back(run + "/containers/auth.json");
  paths.push_back(absl::StrCat("/run/containers/", getuid(), "/auth.json"));
  paths.push_back(absl::StrCat(home, "/.config/containers/auth.json"));
  std::vector<std::string> texts;
  for (const std::string& path : paths) {
    std::string text = path.empty() ? "" : ReadFileOrEmpty(path);
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace weft::local
