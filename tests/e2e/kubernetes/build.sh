#!/usr/bin/env bash
# Builds Kubernetes, one program with all its components, and prints the path of the program; where it was built before
# from the same sources, only that. The first time takes minutes and tells its progress.
#
#   tests/e2e/kubernetes/build.sh [OUT]     OUT becomes a link to the program
#
# Fails with status 77, and says why, where there is no Go or the modules cannot be downloaded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../../deploy/prerequisites.sh

unavailable=77
oldest_go=1.24  # As go.mod has it.
toolchain=golang.org/toolchain@v0.0.1-go1.26.8.linux-$(dpkg --print-architecture)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/weft/kubernetes
# The modules are what go.mod says, built with the Go that is here, wherever the caller is.
export CGO_ENABLED=0 GO111MODULE=on GOFLAGS="-buildvcs=false ${GOFLAGS:-}" GOTOOLCHAIN=local GOWORK=off

say() { echo "==> kubernetes: $*" >&2; }

# give_up SENTENCE [LOG]
give_up() {
  [ $# -lt 2 ] || tail -n 5 "$2" >&2
  say "$1"
  exit $unavailable
}

sources_hash() {
  find . \( -name '*.go' -o -name go.mod -o -name go.sum -o -name build.sh \) -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum | sha256sum | cut -c 1-16
}

# new_enough GO: whether that program is a Go that can build this.
new_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  printf '%s\n' "$oldest_go" "${version#go}" | sort --check=quiet --version-sort
}

# find_go: prints the path of a Go that can build this.
find_go() {
  local go
  for go in "$(command -v go)" /usr/local/go/bin/go; do
    ! new_enough "$go" || { echo "$go"; return; }
  done
  make_go
}

# Go is a module too, which an older Go downloads, and checks, as any other; but files of modules are not executable.
make_go() {
  local log=$work/toolchain root
  [ -n "$(command -v go)" ] || weft_install golang-go=go >&2 ||
    give_up "there is no Go, and it cannot be installed: needs Go $oldest_go or later, or Debian's package golang-go"
  say "getting a newer Go than $(go env GOVERSION)"
  (cd "$work" && GOFLAGS= go mod download -json "$toolchain") >"$log" 2>&1 ||
    give_up "a newer Go than $(go env GOVERSION) cannot be downloaded: needs $oldest_go or later" "$log"
  root=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)".*/\1/p' "$log")
  chmod +x "$root"/bin/* "$root"/pkg/tool/*/*
  new_enough "$root/bin/go" || give_up "the Go that was downloaded does not run" "$log"
  echo "$root/bin/go"
}

# What -X sets; without it the components take themselves for v0.0.0, and kubectl for another version than the server.
version_flags() {
  local version package
  version=$(sed -n 's/^.*k8s\.io\/kubernetes \(v[0-9.]*\)$/\1/p' go.mod)
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    echo "-X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$version")" \
      "-X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
  done | tr '\n' ' '
}

# tell_progress ALL: of the packages that it reads, one a line.
tell_progress() { awk -v all="$1" 'NR % 100 == 0 { print "    " NR " of " all " packages"; fflush() }'; }

# build PROGRAM
build() {
  local go packages
  go=$(find_go)
  "$go" mod download >"$work/modules" 2>&1 || give_up "the modules of go.mod cannot be downloaded" "$work/modules"
  packages=$("$go" list -deps ./... | wc -l)
  say "building $packages packages with $("$go" env GOVERSION)"
  # What is in Go's own cache is not listed. Nice: the machine may be at other tests.
  nice -n 10 "$go" build -v -trimpath -ldflags "-s -w $(version_flags)" -o "$work/program" ./cmd/weft-kubernetes 2>&1 |
    tee "$work/build" | tell_progress "$packages" >&2 || {
    tail -n 20 "$work/build" >&2
    return 1
  }
  mkdir -p "$(dirname "$1")"
  mv "$work/program" "$1"
  say "built $1 in $SECONDS s"
}

program=$cache/$(sources_hash)/weft-kubernetes
if [ ! -x "$program" ]; then
  mkdir -p "$cache"
  exec {lock}>"$cache/lock"
  flock --nonblock $lock || { say "another build is going on: waiting for it"; flock $lock; }
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  [ -x "$program" ] || build "$program"
fi
[ -z "${1:-}" ] || { mkdir -p "$(dirname "$1")"; ln -sfn "$program" "$1"; }
echo "$program"
