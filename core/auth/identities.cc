#include "core/auth/identities.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/certificate.h"
#include "core/base/files.h"
#include "core/base/status.h"

namespace weft::auth {
namespace {

namespace fs = std::filesystem;

constexpr char kData[] = "..data";
constexpr auto kRenewEvery = std::chrono::hours(1);

// Makes `path` a link to `target`, in the place of whatever it was.
absl::Status Link(const std::string& path, const std::string& target) {
  std::error_code ec;
  if (fs::read_symlink(path, ec) == target && !ec) return absl::OkStatus();
  const std::string temporary = absl::StrCat(path, ".", RandomHex(4), ".new");
  if (symlink(target.c_str(), temporary.c_str()) == 0 &&
      rename(temporary.c_str(), path.c_str()) == 0)
    return absl::OkStatus();
  absl::Status status = SystemError(absl::StrCat("make the link ", path));
  unlink(temporary.c_str());
  return status;
}

// Removes what earlier identities left in `directory`, but for `current`.
void RemoveOthers(const std::string& directory, const std::string& current) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory, ec)) {
    const std::string name = entry.path().filename();
    std::error_code ignored;
    if (absl::StartsWith(name, "..") && name != kData && name != current)
      fs::remove_all(entry.path(), ignored);
  }
}

// The directories below DATA/identities.
std::vector<std::string> Directories(const DataDirectory& data) {
  std::vector<std::string> directories;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(data.Below("identities"), ec))
    directories.push_back(entry.path());
  return directories;
}

absl::StatusOr<Certificate> ReadIdentity(const std::string& directory) {
  const auto chain = ReadCertificates(ReadFileOrEmpty(directory + "/tls.crt"));
  if (chain.ok()) return chain->front();
  return absl::FailedPreconditionError(
      absl::StrCat(directory, "/tls.crt: ", chain.status().message()));
}

// What it was issued for.
Subject SubjectOf(const Certificate& certificate) {
  Subject subject = {.identity = certificate.identity,
                     .life = certificate.not_after - certificate.not_before - kClockSkew};
  for (const std::string& name : certificate.dns_names)
    if (name != DnsNameOf(subject.identity)) subject.dns_names.push_back(name);
  return subject;
}

bool IsDue(const Certificate& certificate, absl::Time now) {
  return certificate.not_after - now < (certificate.not_after - certificate.not_before) / 3;
}

}  // namespace

absl::StatusOr<DirectoryLock> LockIdentitiesToRestore(const DataDirectory& data) {
  WEFT_RETURN_IF_ERROR(MakeDirectory(data.Below("identities")));
  return DirectoryLock::Take(data.Below("identities"));
}

absl::StatusOr<DirectoryLock> LockIdentities(const DataDirectory& data) {
  WEFT_ASSIGN_OR_RETURN(DirectoryLock lock, LockIdentitiesToRestore(data));
  WEFT_RETURN_IF_ERROR(data.CheckRestored());
  return lock;
}

absl::Status WriteIdentity(const std::string& directory, const KeyPair& identity,
                           const std::string& authorities) {
  WEFT_RETURN_IF_ERROR(MakeDirectory(directory));
  // One writer at a time: each removes what others left.
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, DirectoryLock::Take(directory));
  const std::string current = absl::StrCat("..", RandomHex(8));
  const std::string inner = absl::StrCat(directory, "/", current);
  WEFT_RETURN_IF_ERROR(MakeDirectory(inner));
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(inner + "/tls.crt", identity.certificate));
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(inner + "/tls.key", identity.key));
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(inner + "/ca.crt", authorities));
  WEFT_RETURN_IF_ERROR(Link(absl::StrCat(directory, "/", kData), current));
  for (const char* file : {"tls.crt", "tls.key", "ca.crt"})
    WEFT_RETURN_IF_ERROR(Link(absl::StrCat(directory, "/", file), absl::StrCat(kData, "/", file)));
  RemoveOthers(directory, current);
  return absl::OkStatus();
}

absl::Status Identities::Init(absl::Time now) const {
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, LockIdentities(data_));
  return InitLocked(now);
}

absl::Status Identities::InitLocked(absl::Time now) const {
  WEFT_ASSIGN_OR_RETURN(const KeyPair authority, MakeAuthority(now));
  // Made whole under another name: nobody reads half of it.
  const std::string temporary = data_.Below(absl::StrCat("pki.", RandomHex(4)));
  WEFT_RETURN_IF_ERROR(MakeDirectory(temporary));
  absl::Status status = WriteFileAtomically(temporary + "/ca.crt", authority.certificate);
  if (status.ok()) status = WriteFileAtomically(temporary + "/ca.key", authority.key);
  if (status.ok() && rename(temporary.c_str(), data_.Below("pki").c_str()) != 0)
    status = errno == ENOTEMPTY || errno == EEXIST
                 ? absl::AlreadyExistsError(absl::StrCat(data_.Below("pki"), " holds an authority"))
                 : SystemError(absl::StrCat("make ", data_.Below("pki")));
  std::error_code ec;
  if (!status.ok()) fs::remove_all(temporary, ec);
  return status;
}

absl::StatusOr<Identities::Trusted> Identities::Read() const {
  Trusted trusted = {.bundle = ReadFileOrEmpty(data_.Below("pki/ca.crt"))};
  if (trusted.bundle.empty())
    return absl::NotFoundError(absl::StrCat("there is no authority in ", data_.Below("pki"),
                                            ": make one with weft pki init"));
  absl::StatusOr<KeyPair> issuer =
      FindAuthority(trusted.bundle, ReadFileOrEmpty(data_.Below("pki/ca.key")));
  if (!issuer.ok())
    return absl::FailedPreconditionError(
        absl::StrCat(data_.Below("pki/ca.key"), ": ", issuer.status().message()));
  trusted.issuer = *std::move(issuer);
  return trusted;
}

absl::Status Identities::Rotate(absl::Time now) const {
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, LockIdentities(data_));
  WEFT_ASSIGN_OR_RETURN(const Trusted old, Read());
  WEFT_ASSIGN_OR_RETURN(const KeyPair authority, MakeAuthority(now));
  // The old one issues until its key is replaced; a certificate is never without its key.
  WEFT_RETURN_IF_ERROR(Trust(absl::StrCat(authority.certificate, old.bundle)));
  return WriteFileAtomically(data_.Below("pki/ca.key"), authority.key);
}

absl::Status Identities::Retire(absl::Time now) const {
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, LockIdentities(data_));
  WEFT_ASSIGN_OR_RETURN(const Trusted trusted, Read());
  for (const std::string& directory : Directories(data_)) {
    WEFT_ASSIGN_OR_RETURN(const Certificate certificate, ReadIdentity(directory));
    WEFT_RETURN_IF_ERROR(IssueLocked(SubjectOf(certificate), directory, now));
  }
  return Trust(trusted.issuer.certificate);
}

// Replaces the bundle of authorities here and in every identity.
absl::Status Identities::Trust(const std::string& authorities) const {
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(data_.Below("pki/ca.crt"), authorities));
  for (const std::string& directory : Directories(data_)) {
    WEFT_RETURN_IF_ERROR(WriteIdentity(directory,
                                       {.certificate = ReadFileOrEmpty(directory + "/tls.crt"),
                                        .key = ReadFileOrEmpty(directory + "/tls.key")},
                                       authorities));
  }
  return absl::OkStatus();
}

absl::Status Identities::Issue(const Subject& subject, const std::string& directory,
                               absl::Time now) const {
  WEFT_RETURN_IF_ERROR(CheckIdentity(subject.identity));
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, LockIdentities(data_));
  return IssueLocked(subject, directory, now);
}

absl::Status Identities::IssueLocked(const Subject& subject, const std::string& directory,
                                     absl::Time now) const {
  if (const auto known = ReadIdentity(directory); known.ok() && known->identity != subject.identity)
    return absl::FailedPreconditionError(absl::StrCat(directory, " holds the identity ",
                                                      known->identity, ", not ", subject.identity));
  absl::StatusOr<Trusted> trusted = Read();
  if (absl::IsNotFound(trusted.status())) {
    absl::Status made = InitLocked(now);
    if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
    trusted = Read();
  }
  WEFT_RETURN_IF_ERROR(trusted.status());
  WEFT_ASSIGN_OR_RETURN(const KeyPair identity, auth::Issue(trusted->issuer, subject, now));
  return WriteIdentity(directory, identity, trusted->bundle);
}

absl::StatusOr<std::string> Identities::Ensure(const Subject& subject, absl::Time now) const {
  WEFT_RETURN_IF_ERROR(CheckIdentity(subject.identity));
  const std::string directory = DirectoryOf(subject.identity);
  const absl::StatusOr<Certificate> known = ReadIdentity(directory);
  if (known.ok() && known->identity == subject.identity) {
    const bool good = SubjectOf(*known).dns_names == subject.dns_names && !IsDue(*known, now);
    if (good || absl::IsNotFound(Read().status())) return directory;
  }
  WEFT_RETURN_IF_ERROR(Issue(subject, directory, now));
  return directory;
}

absl::Status Identities::Renew(absl::Time now) const {
  absl::Status status = Read().status();
  if (absl::IsNotFound(status)) return absl::OkStatus();
  for (const std::string& directory : Directories(data_)) {
    const absl::StatusOr<Certificate> certificate = ReadIdentity(directory);
    if (certificate.ok() && !IsDue(*certificate, now)) continue;
    status.Update(certificate.ok() ? Issue(SubjectOf(*certificate), directory, now)
                                   : certificate.status());
  }
  return status;
}

absl::Status Identities::Remove(const std::string& identity) const {
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, LockIdentities(data_));
  const std::string directory = DirectoryOf(identity);
  const absl::StatusOr<Certificate> known = ReadIdentity(directory);
  if (!known.ok() || known->identity != identity)
    return absl::NotFoundError(absl::StrCat("there is no identity ", identity, " in ", directory));
  std::error_code ec;
  fs::remove_all(directory, ec);
  return ec ? absl::FailedPreconditionError(absl::StrCat("remove ", directory, ": ", ec.message()))
            : absl::OkStatus();
}

std::string Identities::DirectoryOf(const std::string& identity) const {
  return data_.Below("identities" + identity.substr(identity.find('/')));
}

Renewal::Renewal(const DataDirectory& data) : identities_(data), thread_([this] { Run(); }) {}

Renewal::~Renewal() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Renewal::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (const absl::Status renewed = identities_.Renew(absl::Now()); !renewed.ok())
      spdlog::warn("msg=\"an identity cannot be renewed\" error=\"{}\"",
                   std::string(renewed.message()));
    wake_.wait_for(lock, kRenewEvery, [this] { return stopping_; });
  }
}

}  // namespace weft::auth
