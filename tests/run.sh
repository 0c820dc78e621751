#!/usr/bin/env bash
# Builds everything and runs every test. Safe to run again. Installs what is missing (then it needs root).
#
#   tests/run.sh [PRESET] [CTEST ARGUMENTS...]     PRESET: dev (default), release, asan, tsan, coverage
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/prerequisites.sh

preset=${1:-dev}
[ $# -eq 0 ] || shift
weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}" "${weft_test_packages[@]}"
weft_build "$preset"
echo "==> testing ($preset)"
ctest --preset "$preset" "$@"
