#!/usr/bin/env bash
# From a fresh Debian 12 to a running application: installs what is missing (then it needs root), builds, starts the
# mesh, applies deploy/examples/hello, waits for it, and asks it over HTTP. Safe to run again.
# WEFT_DATA (default ~/.weft) is where everything that it starts has its files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/prerequisites.sh

weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}" curl=curl
weft_build release -DWEFT_BUILD_TESTS=OFF
weft=build/release/bin/weft

echo "==> starting the mesh"
$weft up --detach

echo "==> applying deploy/examples/hello"
$weft image import build/release/deploy/examples/hello/hello.tar weft/hello:v1 --entrypoint /hello
$weft apply -f deploy/examples/hello --wait

echo "==> asking it"
# Where its components answer: addresses on the engine's bridge, to be reached from this machine.
status=$($weft status hello -o json)
mapfile -t urls < <(grep -oE '"url": *"http://[^"]+"' <<<"$status" | cut -d '"' -f 4)
[ ${#urls[@]} -gt 0 ] || { echo "no component of hello says where it answers" >&2; exit 1; }
for url in "${urls[@]}"; do
  echo "    curl $url"
  curl --silent --show-error --fail --max-time 10 --retry 5 --retry-all-errors --retry-delay 1 "$url" | sed 's/^/    /'
done

echo
$weft status hello
cat <<END

What to try next:
  $weft status hello                       the tree again
  $weft get types                          which workload and trait types there are
  \$EDITOR deploy/examples/hello/*.yaml     another number of replicas, then
  $weft apply -f deploy/examples/hello --wait
  $weft delete hello
  $weft down --purge                       ends the mesh and removes everything it made
END
