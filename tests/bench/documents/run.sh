#!/usr/bin/env bash
# What the core does with documents by itself, in one thread: decode, resolve and merge of an application with 1, 6 and 50
# components. One JSON line a figure on standard output, everything else on standard error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh

{
  weft_install "${weft_build_packages[@]}"
  weft_build release weft-bench-documents
} >&2
build/release/bin/weft-bench-documents
