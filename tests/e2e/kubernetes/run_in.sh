#!/usr/bin/env bash
# Runs a command in the network of a cluster, where Pods and Services have addresses; everything else is the machine's.
#
#   tests/e2e/kubernetes/run_in.sh DIR COMMAND...
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/state.sh"
open_cluster "$1"
shift
exec nsenter --target "$first" --net -- "$@"
