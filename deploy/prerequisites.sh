# Sourced by quickstart.sh and tests/run.sh: installs the Debian packages that are missing, and only then as root.
# shellcheck shell=bash

# To build. Test for the program or header itself, not for the package: another package may bring it.
weft_build_packages=(
  g++ cmake ninja-build ccache pkg-config protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libgrpc++-dev libabsl-dev
  libyaml-cpp-dev libspdlog-dev libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libsqlite3-dev libcli11-dev
  libvalijson-dev libssl-dev libgtest-dev libgmock-dev libbenchmark-dev)
# To run applications on this machine with an engine of Weft's own.
weft_run_packages=(docker.io iptables nftables util-linux)

# weft_install PACKAGE...: installs those that are not there.
weft_install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" != 0 ]; then
    echo "missing packages: ${missing[*]}" >&2
    echo "install them with: sudo apt-get install ${missing[*]}" >&2
    return 1
  fi
  echo "==> installing ${#missing[@]} packages: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
