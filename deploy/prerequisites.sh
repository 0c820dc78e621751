# Sourced by the scripts that build and run Weft: installs the Debian packages that are missing, and only then needs
# root, and builds with progress. Each package is written PACKAGE or PACKAGE=PROGRAM: with a program it is missing only
# if that cannot be found, because another package may bring it (docker-ce brings dockerd).
# shellcheck shell=bash

# To build.
weft_build_packages=(
  clang=clang++ lld=ld.lld cmake=cmake ninja-build=ninja ccache=ccache pkg-config=pkg-config protobuf-compiler=protoc
  protobuf-compiler-grpc=grpc_cpp_plugin libprotobuf-dev libgrpc++-dev libabsl-dev libyaml-cpp-dev libspdlog-dev
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libsqlite3-dev libarchive-dev libjemalloc-dev libcurl4-openssl-dev libcli11-dev libvalijson-dev libssl-dev
  libgtest-dev libgmock-dev)
# To run applications on this machine with an engine of Weft's own.
weft_run_packages=(docker.io=dockerd dnsmasq-base=dnsmasq haproxy=haproxy iptables=iptables nftables=nft)
# The compiler's sanitizers; what tests put into containers, since there is no registry to pull from; and what the node of a
# Kubernetes takes, which tests/e2e/kubernetes makes (its lib/packages.sh has what of it is for which kind of cluster).
weft_test_packages=(
  libclang-rt-14-dev busybox-static nginx-light=nginx
  conntrack=conntrack containerd=containerd containernetworking-plugins curl=curl docker-registry=docker-registry iproute2=ip openssl=openssl runc=runc
  socat=socat util-linux=nsenter)

# weft_missing PACKAGE[=PROGRAM]...: prints the packages that are not there, one a line.
weft_missing() {
  local entry
  for entry in "$@"; do
    if [[ $entry == *=* ]]; then
      PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "${entry#*=}" >/dev/null || echo "${entry%%=*}"
    else
      dpkg-query -W -f '${Status}' "$entry" 2>/dev/null | grep -q 'install ok installed' || echo "$entry"
    fi
  done
}

# weft_install PACKAGE[=PROGRAM]...: installs those that are not there.
weft_install() {
  local missing=()
  mapfile -t missing < <(weft_missing "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "missing packages: ${missing[*]}" >&2
    echo "install them with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "==> installing ${#missing[@]} packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! weft_apt "${missing[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

weft_apt() {
  # RUNLEVEL=1: an installed server is not started.
  apt-get update -q && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# weft_build PRESET [-DVARIABLE=VALUE...] [TARGET...]: configures, with tests unless a variable says otherwise, and
# builds; without targets what the preset names.
weft_build() {
  local preset=$1 variables=() log
  shift
  while [[ ${1:-} == -D* ]]; do
    variables+=("$1")
    shift
  done
  echo "==> building${*:+ $*} ($preset, $(nproc) processors)"
  log=$(mktemp)
  if ! cmake --preset "$preset" -DWEFT_BUILD_TESTS=ON "${variables[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  NINJA_STATUS='[%f/%t, %es] ' cmake --build --preset "$preset" ${*:+--target "$@"}
}
