#!/usr/bin/env bash
# Requests to a pod: directly, through its Service's anchor, through a proxy in user space (docs/adr/0002), and through the
# proxy of Ingresses (docs/adr/0028). One JSON line a figure on standard output, everything else on standard error. Needs root, for an engine of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

if [ "$(id -u)" != 0 ]; then
  echo "tests/bench/service: skipped: only root can start a private engine" >&2
  exit 0
fi
{
  weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}"
  weft_build release weft-bench-service
} >&2
build/release/bin/weft-bench-service
