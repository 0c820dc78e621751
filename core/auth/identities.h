#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/auth/pki.h"
#include "core/base/data_directory.h"
#include "core/base/directory_lock.h"

namespace weft::auth {

// Makes `directory` hold this identity and no other: tls.crt, tls.key and ca.crt (mode 0600). A
// reader that opens all three sees the old ones or the new ones, also where the directory is
// mounted into a container: the files are links through `..data`, which is replaced by one rename.
// FAILED_PRECONDITION: cannot be written.
absl::Status WriteIdentity(const std::string& directory, const KeyPair& identity,
                           const std::string& authorities);

// Locks the authority and the identities of an installation, which change only under this lock, by
// whichever process. Waits for it. FAILED_PRECONDITION: it cannot be taken, or a restore was cut
// short.
absl::StatusOr<DirectoryLock> LockIdentities(const DataDirectory& data);

// The same for a restore, which may be the one that was cut short.
absl::StatusOr<DirectoryLock> LockIdentitiesToRestore(const DataDirectory& data);

// The authority of an installation, and the identities that it issued:
//   DATA/pki/ca.crt, ca.key      every authority that is trusted; the key of the one that issues
//   DATA/identities/NAME/        what WriteIdentity makes
// Several processes may use it at once. Every method may fail with FAILED_PRECONDITION: a file
// cannot be read or written; those that change something also while a restore is not finished.
class Identities {
 public:
  explicit Identities(const DataDirectory& data) : data_(data) {}

  // Makes an authority. ALREADY_EXISTS: there is one.
  absl::Status Init(absl::Time now) const;

  // Makes another authority, which issues from now on; the others stay trusted, by what is below
  // DATA/identities too. NOT_FOUND: there is no authority.
  absl::Status Rotate(absl::Time now) const;

  // Ends a rotation: what is below DATA/identities is issued anew, and only the authority that
  // issues is trusted. NOT_FOUND as Rotate.
  absl::Status Retire(absl::Time now) const;

  // Issues an identity into `directory`, by an authority that is made if there is none.
  // INVALID_ARGUMENT as auth::Issue. FAILED_PRECONDITION: the directory holds another identity.
  absl::Status Issue(const Subject& subject, const std::string& directory, absl::Time now) const;

  // The directory DATA/identities/NAME with this identity, issued if it is not there, names other
  // hosts or has less than a third of its life left. One that another installation's authority
  // issued, where there is none here, is left as it is. Errors as Issue.
  absl::StatusOr<std::string> Ensure(const Subject& subject, absl::Time now) const;

  // Issues anew whatever below DATA/identities has less than a third of its life left. Says what
  // it could not. Without an authority it does nothing.
  absl::Status Renew(absl::Time now) const;

  // Removes DATA/identities/NAME, if it holds this identity. NOT_FOUND: it does not.
  absl::Status Remove(const std::string& identity) const;

  // DATA/identities/NAME of "KIND/NAME", which CheckIdentity accepts.
  std::string DirectoryOf(const std::string& identity) const;

 private:
  struct Trusted {
    std::string bundle;  // Every authority.
    KeyPair issuer;      // The one that issues.
  };
  absl::StatusOr<Trusted> Read() const;
  // With the identities locked.
  absl::Status InitLocked(absl::Time now) const;
  absl::Status IssueLocked(const Subject& subject, const std::string& directory,
                           absl::Time now) const;
  absl::Status Trust(const std::string& authorities) const;

  const DataDirectory data_;
};

// Renews the identities of an installation every hour, in a thread of its own, and logs what fails.
class Renewal {
 public:
  explicit Renewal(const DataDirectory& data);
  ~Renewal();

 private:
  void Run();

  const Identities identities_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace weft::auth
