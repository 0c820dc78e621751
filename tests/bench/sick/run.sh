#!/usr/bin/env bash
# 200 healthy applications that change all the time, 16 at once, alone and beside applications of a provider that hangs,
# trickles, dies, answers garbage, kinds that it may not, or too much: 10 pairs of both, in turns. One JSON line a pair on
# standard output and one with the medians of the ratios, everything else on standard error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

{
  weft_install "${weft_build_packages[@]}"
  weft_build release weft-bench-sick
} >&2
build/release/bin/weft-bench-sick
