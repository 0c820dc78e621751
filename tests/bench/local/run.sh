#!/usr/bin/env bash
# What a pod costs on the local runtime beside a bare container: until it is ready, alone and 100 at once; until it is back
# when it was killed or removed; and what the runtime takes at rest with 100 pods. One JSON line a figure on standard output,
# everything else on standard error. Needs root, for an engine of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

if [ "$(id -u)" != 0 ]; then
  echo "tests/bench/local: skipped: only root can start a private engine" >&2
  exit 0
fi
{
  weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}"
  weft_build release weft-bench-local
} >&2
build/release/bin/weft-bench-local
