#!/usr/bin/env bash
# Starts a Kubernetes of its own in the folder DIR, and prints the path of its administrator's kubeconfig. Needs root.
#
#   tests/e2e/kubernetes/up.sh DIR [--node | --fake-node]
#
# Without a node Pods stay pending. --fake-node: they are said to run. --node: they run, in a network that has no way
# out (run_in.sh, load_image.sh). down.sh ends it, and so does the end of the one process that DIR/run/process names.
# Where there is a file DIR/owner, it also ends by itself when nobody has a lock on that.
#
# Fails with status 77, and says why, where the program cannot be had (build.sh).
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
source "$here/lib/state.sh"
source "$here/lib/packages.sh"
source "$here/lib/credentials.sh"

die() {
  echo "up.sh: $1" >&2
  exit 1
}

# The same in every cluster: it is alone in its network, or uses only 127.0.0.1.
node=node-1
node_address=10.245.0.1  # Also in node/kubelet.yaml, as that of its DNS.
pods=10.244.0.0/16
services=10.96.0.0/16
api_service=10.96.0.1  # The first of them, always.

# free_port: prints one that nothing listens at, below those that the kernel gives to clients.
free_port() {
  local port
  while port=$((20000 + SRANDOM % 10000)); do
    grep -qi ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 || break
  done
  echo "$port"
}

# What lib/first.sh and api_server.sh read.
write_settings() {
  local api_bind=127.0.0.1 name
  # Only the endpoints of the Service "kubernetes" have it, where loopback is refused: nobody's (RFC 5737).
  local api_advertise=192.0.2.1
  local cgroup=weft-kubernetes-$$
  [ "$kind" != node ] || { api_bind=0.0.0.0 api_advertise=$node_address; }
  for name in kind program port node node_address pods services api_bind api_advertise cgroup; do
    printf '%s=%q\n' "$name" "${!name}"
  done >"$dir/run/settings"
}

# Tells what the first process says, up to READY; fails if it ends before. A pipe, since everybody who has its other end
# is gone then.
start_first_process() {
  local line
  mkfifo "$dir/run/progress"
  setsid unshare --mount --propagation private --mount-proc --pid --fork --kill-child=KILL \
    bash "$here/lib/first.sh" "$dir" >"$dir/log/first.log" 2>&1 </dev/null 3>"$dir/run/progress" &
  record_process "$dir" $!
  while read -r line; do
    [ "$line" != READY ] || return 0
    tell "$line"
  done <"$dir/run/progress"
  return 1
}

# tell SENTENCE: with the milliseconds since the beginning.
tell() { echo "==> kubernetes, $(((${EPOCHREALTIME/./} - begun) / 1000)) ms: $1" >&2; }

# What the first process said, and the last lines of the component that it named.
explain() {
  local component
  cat "$dir/log/first.log" >&2
  component=$(sed -n '$s/ .*//p' "$dir/log/first.log")
  [ ! -f "$dir/log/$component.log" ] || tail -n 20 "$dir/log/$component.log" >&2
}

kind=control-plane
case ${2:-} in
  '') ;;
  --node | --fake-node) kind=${2#--} ;;
  *) die "unknown option $2" ;;
esac
[ "$(id -u)" = 0 ] || die "needs root"
dir=$(realpath --canonicalize-missing "${1:?the folder of the cluster is missing}")
case $dir/ in
  /run/* | /var/lib/* | /var/log/*) die "$dir: a cluster has folders of its own there" ;;
esac
[ ! -e "$dir/run" ] || die "$dir is in use: run down.sh first"
kubernetes_install "$kind"
program=$("$here/build.sh")

begun=${EPOCHREALTIME/./}
mkdir -p "$dir"/{log,run}
mkdir -p -m 700 "$dir"/{etcd,pki}
port=$(free_port)
make_credentials "$dir" "$port"
write_settings
tell "starting, kind $kind"
if ! start_first_process; then
  explain
  "$here/down.sh" "$dir"
  die "no cluster; its logs are in $dir/log"
fi
tell "ready on 127.0.0.1:$port"
echo "$dir/kubeconfig"
