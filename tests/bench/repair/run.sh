#!/usr/bin/env bash
# From the engine's event of a removed container to the start of the one in its place, on a private engine. One JSON
# line on standard output, everything else on standard error. Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

if [ "$(id -u)" != 0 ]; then
  echo "tests/bench/repair: skipped: only root can start a private engine" >&2
  exit 0
fi
{
  weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}"
  weft_build release e2e_test
} >&2
WEFT_BENCH=1 build/release/bin/e2e_test --gtest_filter='Repair.*' | tee -a /dev/stderr | { grep '^{"bench"' || true; }
