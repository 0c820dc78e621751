#!/usr/bin/env bash
# weft-core with the server and manual-scaler providers and a runtime on which everything happens at once, with 1,000,
# 10,000 and 100,000 applications (or as many as are given): how fast they are applied, what memory each takes, how soon
# the core knows everything again after kill -9, what it costs at rest. One JSON line a number of applications on standard
# output, everything else on standard error.
#
#   tests/bench/scale/run.sh [APPLICATIONS...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

{
  weft_install "${weft_build_packages[@]}"
  weft_build release weft-bench-scale
} >&2
WEFT_LOG=info build/release/bin/weft-bench-scale "$@"
