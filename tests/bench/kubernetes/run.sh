#!/usr/bin/env bash
# Weft on a Kubernetes of its own whose pods are only said to run: applications that are applied, beside a client that
# sends the same objects; and from a due fire of cron-hpa to the scaled object, on Kubernetes and on a private engine,
# beside an apply of such an object alone. One JSON line a figure on standard output, everything else on standard error.
# Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

if [ "$(id -u)" != 0 ]; then
  echo "tests/bench/kubernetes: skipped: only root can start a cluster" >&2
  exit 0
fi
{
  weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}" "${weft_test_packages[@]}"
  weft_build release weft-bench-kubernetes
} >&2
build/release/bin/weft-bench-kubernetes "$@" | tee -a /dev/stderr | { grep '^{"bench"' || true; }
