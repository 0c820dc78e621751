#!/usr/bin/env bash
# The cold start of a function, from the first request to its answer through the gateway, beside a bare `docker run` of
# the same image until it answers, on the same private engine. One JSON line a figure on standard output, everything
# else on standard error. Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

if [ "$(id -u)" != 0 ]; then
  echo "tests/bench/function: skipped: only root can start a private engine" >&2
  exit 0
fi
{
  weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}"
  weft_build release e2e_test
} >&2
WEFT_BENCH=1 build/release/bin/e2e_test --gtest_filter='FunctionTest.AnswersTheFirst*' | tee -a /dev/stderr | { grep '^{"bench"' || true; }
