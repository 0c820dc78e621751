#!/usr/bin/env bash
# Builds everything and runs every test. Safe to run again. Installs what is missing (then it needs root).
#
# The first time, and when its version changes, a Kubernetes for tests is built too: 5 to 9 minutes, beside the rest (about
# 150 MB in ~/.cache/weft, 4 GB in Go's caches). Where that cannot be done, its tests are skipped.
#
#   tests/run.sh [PRESET] [CTEST ARGUMENTS...]     PRESET: dev (default), release, tsan, coverage
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/prerequisites.sh

preset=${1:-dev}
[ $# -eq 0 ] || shift
weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}" "${weft_test_packages[@]}"

# At a low priority beside the build.
kubernetes=
case $preset in
  dev | release | coverage)
    tests/e2e/kubernetes/build.sh >/dev/null &
    kubernetes=$!
    ;;
esac
weft_build "$preset"
if [ -n "$kubernetes" ]; then
  # Else the tests would say the same, one by one, when they are run.
  wait "$kubernetes" || echo "==> SKIPPED: the tests that need a Kubernetes, which cannot be built here" >&2
fi
echo "==> testing ($preset)"
ctest --preset "$preset" "$@"
