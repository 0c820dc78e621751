#!/usr/bin/env bash
# One trait rendered by the same request: in C++ through a unix socket and through mTLS over TCP, and in Python through a
# unix socket. One JSON line a figure on standard output, everything else on standard error. Needs Python's package
# index the first time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

python=build/release/thirdparty/greeter
{
  weft_install "${weft_build_packages[@]}"
  weft_build release weft-bench-render
  tests/thirdparty/greeter/build.sh "$python"
} >&2
WEFT_LOG=warn build/release/bin/weft-bench-render "$python/run" | tee -a /dev/stderr | { grep '^{"bench"' || true; }
