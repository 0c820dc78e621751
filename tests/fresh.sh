#!/usr/bin/env bash
# Proves the README's commands on a fresh Debian 12, so that nothing installed by hand helps: a minimal root made by
# mmdebstrap, with mounts, processes and a network of its own, and in it a clone of this checkout's last commit.
# Needs root. Changes nothing on the machine that it does not put back.
#
#   tests/fresh.sh [quickstart | run]...     default: both, one after the other in the same root
#
# TMPDIR (default /var/tmp) needs about 5 GB. WEFT_FRESH_KEEP=1 keeps the root for a look.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/prerequisites.sh

suite=bookworm
name=weft-fresh-$$
link=weft$$
subnet=198.18.$(($$ % 256))  # From the range for benchmarks, RFC 2544: nobody's.
root=  # Made by make_root.
forwarding=$(</proc/sys/net/ipv4/ip_forward)

# Debian's own sources as this machine has them.
sources() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
    [ ! -s "$file" ] || echo "$file"
  done
}

make_root() {
  local options sources resolver=/run/systemd/resolve/resolv.conf  # Without systemd's stub on our loopback.
  root=$(mktemp -d "${TMPDIR:-/var/tmp}/$name.XXXXXX")
  echo "==> making a minimal Debian ($suite) in $root"
  options=$(mktemp)
  apt-config dump | grep -E '^Acquire::(http|https|Check|Retries|ForceIPv4)' >"$options" || true
  mapfile -t sources < <(sources)
  chmod 755 "$root"
  # It does not have to survive a power cut.
  mmdebstrap --quiet --variant=apt --dpkgopt=force-unsafe-io --include=ca-certificates --aptopt="$options" "$suite" "$root" "${sources[@]}"
  rm -f "$options"
  [ -e $resolver ] || resolver=/etc/resolv.conf
  cp --dereference $resolver /etc/hosts "$root/etc/"
  git clone --quiet --no-hardlinks . "$root/root/weft"
  [ -z "$(git status --porcelain)" ] || echo "    note: what is not committed is not in it"
}

# A network namespace behind a pair of links. Its engine's bridges and rules stay in it.
make_network() {
  ip netns add "$name"
  ip link add "$link" type veth peer name eth0 netns "$name"
  ip address add "$subnet.1/30" dev "$link"
  ip link set "$link" up
  ip -n "$name" address add "$subnet.2/30" dev eth0
  ip -n "$name" link set lo up
  ip -n "$name" link set eth0 up
  ip -n "$name" route add default via "$subnet.1"
  echo 1 >/proc/sys/net/ipv4/ip_forward
  rules -I
}

# rules -I | -D: lets the namespace out, or no longer.
rules() {
  iptables -t nat "$1" POSTROUTING -s "$subnet.0/30" -j MASQUERADE
  iptables "$1" FORWARD -i "$link" -j ACCEPT
  iptables "$1" FORWARD -o "$link" -j ACCEPT
}

clean_up() {
  rules -D 2>/dev/null || true
  echo "$forwarding" >/proc/sys/net/ipv4/ip_forward
  ip link delete "$link" 2>/dev/null || true
  ip netns delete "$name" 2>/dev/null || true
  if [ -n "${WEFT_FRESH_KEEP:-}" ]; then
    echo "==> kept: $root"
  elif [ -n "$root" ]; then
    rm -rf --one-file-system "$root"
  fi
}

# Runs in the new namespaces, as their first process: everything started below ends with it.
enter() {
  local root=$1
  shift
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  chroot "$root" bash -euc 'cd /root/weft; "$@"' weft "$@"
}

# inside COMMAND...: runs it in the clone, with nothing of our environment but the way out.
inside() {
  local variable environment=(HOME=/root LANG=C.UTF-8)
  environment+=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  for variable in TERM http_proxy https_proxy no_proxy; do
    [ -z "${!variable:-}" ] || environment+=("$variable=${!variable}")
  done
  env -i "${environment[@]}" nsenter --net="/run/netns/$name" \
    unshare --mount --pid --uts --ipc --fork --kill-child \
    bash -euc "$(declare -f enter)"'; enter "$@"' enter "$root" "$@"
}

# prove quickstart | run: one of the README's commands.
prove() {
  local begun=$SECONDS commands
  case $1 in
    # And again, when it has next to nothing to do; then what it started is removed.
    quickstart) commands='time ./deploy/quickstart.sh; time ./deploy/quickstart.sh; build/release/bin/weft down --purge' ;;
    run) commands='time ./tests/run.sh' ;;
  esac
  echo "==> $1, in $root"
  inside bash -euc "TIMEFORMAT='==> that took %R s'; $commands"
  results+=("$1: passed, in $((SECONDS - begun)) s")
}

[ "$(id -u)" = 0 ] || { echo "tests/fresh.sh needs root" >&2; exit 1; }
[ $# -gt 0 ] || set -- quickstart run
for command in "$@"; do
  case $command in
    quickstart | run) ;;
    *) echo "usage: tests/fresh.sh [quickstart | run]..." >&2; exit 2 ;;
  esac
done
weft_install mmdebstrap=mmdebstrap git=git iproute2=ip iptables=iptables util-linux=nsenter
trap clean_up EXIT
make_root
make_network
results=()
for command in "$@"; do prove "$command"; done
printf '==> %s\n' "${results[@]}"
