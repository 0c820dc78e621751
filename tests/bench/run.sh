#!/usr/bin/env bash
# Builds the benchmarks (release) and runs them: one JSON line a figure on standard output, everything else on standard
# error. Run it on a machine that does nothing else. Installs what is missing (then it needs root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/prerequisites.sh

{
  weft_install "${weft_build_packages[@]}"
  weft_build release bench
} >&2
export WEFT_LOG=warn
build/release/bin/weft-bench
failed=
for more in tests/bench/*/run.sh; do
  [ ! -x "$more" ] || "$more" || failed+=" $more"
done
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
