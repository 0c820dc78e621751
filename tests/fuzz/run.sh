#!/usr/bin/env bash
# Builds the fuzz targets and runs them side by side for SECONDS (default 60), from what it found before and the project's own
# documents. Fails on a finding; the input that shows it is then in build/fuzz/findings.
#
#   tests/fuzz/run.sh [SECONDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/prerequisites.sh

seconds=${1:-60}
seeds=build/fuzz/seeds
corpus=build/fuzz/corpus
findings=build/fuzz/findings

# The document of every case of a file of tests/testdata/model, each a file in DIRECTORY.
split_cases() {
  local file
  for file in tests/testdata/model/*.txt; do
    awk -v out="$1/$(basename "$file" .txt)" '
      /^@@ head$/ { head = ""; part = "head"; next }
      /^@@ / { ++n; name = out "-" n; printf "%s", head > name; part = "case"; next }
      /^==$/ { if (part == "case") close(name); part = ""; next }
      part == "head" { head = head $0 "\n" }
      part == "case" { print > name }' "$file"
  done
}

# run TARGET LONGEST_INPUT
run() {
  local target=$1 longest=$2
  mkdir -p "$corpus/$target" "$findings"
  echo "==> fuzzing $target for $seconds s"
  build/fuzz/bin/fuzz_"$target" -max_total_time="$seconds" -max_len="$longest" -timeout=10 -rss_limit_mb=2048 \
    -dict=tests/fuzz/"$target".dict -artifact_prefix="$findings/$target-" -print_final_stats=1 -verbosity=0 \
    "$corpus/$target" "$seeds/$target" 2>&1 | sed "/^###### Recommended/,/^###### End/d; s/^/$target: /"
}

weft_install "${weft_build_packages[@]}" libclang-rt-14-dev
weft_build fuzz
rm -rf "$seeds"
mkdir -p "$seeds/decode"
split_cases "$seeds/decode"
cp tests/testdata/*.yaml tests/testdata/*.json "$seeds/decode"
cp -r tests/fuzz/seeds/merge "$seeds/merge"
failed=
run decode 16384 &
decode=$!
run merge 4096 &
merge=$!
wait "$decode" || failed+=" decode"
wait "$merge" || failed+=" merge"
[ -z "$failed" ] || { echo "findings of$failed are in $findings" >&2; exit 1; }
