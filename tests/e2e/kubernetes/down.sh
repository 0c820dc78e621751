#!/usr/bin/env bash
# Ends the cluster in the folder DIR, if there is one, and removes what it has outside: cgroups; links, mounts and
# processes are gone with its namespaces. Logs and data stay in DIR.
#
#   tests/e2e/kubernetes/down.sh DIR
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
source "$here/lib/state.sh"

# eventually COMMAND...: tries for 20 s.
eventually() {
  local end=$((SECONDS + 20))
  until "$@"; do
    [ $SECONDS -lt $end ] || { echo "down.sh: not within 20 s: $*" >&2; return 1; }
    sleep 0.05
  done
}

is_gone() { ! is_alive "$1"; }

# remove_cgroups NAME: of each hierarchy. A process that was killed may be in its group for a moment.
remove_cgroups() {
  local group left=0
  for group in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || left=1
  done
  return $left
}

dir=$(realpath "${1:?the folder of the cluster is missing}")
[ -d "$dir/run" ] || exit 0
if outer=$(cluster_process "$dir"); then
  first=$(first_process "$outer")
  kill -KILL "$outer"
  # The kernel ends the first process of a pid namespace when all others have ended.
  [ -z "$first" ] || eventually is_gone "$first"
fi
cgroup=$(sed -n 's/^cgroup=//p' "$dir/run/settings")
[ -z "$cgroup" ] || eventually remove_cgroups "$cgroup"
rm -rf "$dir/run"
