# Sourced by the scripts that deal with a cluster from outside. What is in DIR, the folder of a cluster:
#   kubeconfig   to reach it as an administrator
#   run/         what ends with it: settings, pids, sockets; there while it runs
#   pki/         certificates, tokens and the components' kubeconfigs
#   log/NAME.log what each component wrote
#   etcd/ node/  data of etcd, and of the node
# shellcheck shell=bash

# open_cluster DIR: sets `dir`, and `first`, the first process of the cluster's namespaces. Fails if it does not run.
open_cluster() {
  dir=$(realpath -e "$1")
  local outer
  outer=$(cluster_process "$dir") || { echo "no cluster runs in $dir" >&2; return 1; }
  first=$(first_process "$outer")
}

# start_time PID: in clock ticks since boot, proc(5). A pid alone may name another process by now.
start_time() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# is_alive PID: a zombie is not.
is_alive() { grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }

# record_process DIR PID: notes the one process whose end is that of all others.
record_process() { echo "$2 $(start_time "$2")" >"$1/run/process"; }

# cluster_process DIR: prints the pid of that process. Fails if it is gone.
cluster_process() {
  local pid started
  read -r pid started 2>/dev/null <"$1/run/process" || return 1
  [ "$(start_time "$pid")" = "$started" ] && is_alive "$pid" && echo "$pid"
}

# first_process PID: prints the only child of that process: pid 1 of the cluster.
first_process() { tr -d ' ' <"/proc/$1/task/$1/children"; }
