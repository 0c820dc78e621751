#!/usr/bin/env bash
# Ends the API server of a cluster without warning, or starts it again, with the same data at the same port, and waits
# until it is ready.
#
#   tests/e2e/kubernetes/api_server.sh DIR stop | start
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
source "$here/lib/state.sh"

# Runs in the cluster's namespaces.
in_cluster() {
  source "$here/lib/components.sh"
  cd /run/cluster
  source run/settings
  case $1 in
    stop)
      kill -KILL "$(<run/kube-apiserver.pid)"
      while kill -0 "$(<run/kube-apiserver.pid)" 2>/dev/null; do sleep 0.01; done
      ;;
    start)
      start_api_server
      await_api_server
      ;;
    *) fail "usage: api_server.sh DIR stop | start" ;;
  esac
}

if [ "$1" = --inside ]; then
  in_cluster "$2"
else
  open_cluster "$1"
  exec nsenter --target "$first" --mount --pid --net -- bash "$here/api_server.sh" --inside "${2:-}"
fi
