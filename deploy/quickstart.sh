#!/usr/bin/env bash
# From a fresh Debian 12 to a running application: installs what is missing (then it needs root), builds, starts the
# mesh, applies deploy/examples/hello, waits for it, and asks it over HTTP. Safe to run again.
#
#   deploy/quickstart.sh                                                on a container engine of this machine
#   deploy/quickstart.sh --kubernetes [--kubeconfig FILE] [--image REF]   on the cluster of a kubeconfig
#
# FILE: as kubectl finds it, unless given. REF: under which name the cluster can pull the image; without it its nodes must
# have weft/hello:v1. WEFT_DATA (default ~/.weft) is where everything that it starts has its files.
set -euo pipefail

usage() {
  sed -n '5,6s/^#   /usage: /p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

kubernetes='' kubeconfig='' image=weft/hello:v1
while [ $# -gt 0 ]; do
  case $1 in
    --kubernetes) kubernetes=1 ;;
    --kubeconfig | --image)
      [ $# -ge 2 ] || usage
      if [ "$1" = --image ]; then image=$2; else kubeconfig=$(realpath -e "$2"); fi
      shift
      ;;
    *) usage ;;
  esac
  shift
done
[ -n "$kubernetes" ] || { [ -z "$kubeconfig" ] && [ "$image" = weft/hello:v1 ]; } || usage

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/prerequisites.sh

if [ -n "$kubernetes" ]; then
  weft_install "${weft_build_packages[@]}"
else
  weft_install "${weft_build_packages[@]}" "${weft_run_packages[@]}" curl=curl
fi
weft_build release -DWEFT_BUILD_TESTS=OFF
weft=build/release/bin/weft

# show_answers: what the components of hello answer, asked from this machine, which reaches the engine's bridge.
show_answers() {
  local urls url status
  status=$($weft status hello -o json)
  mapfile -t urls < <(grep -oE '"url": *"http://[^"]+"' <<<"$status" | cut -d '"' -f 4)
  [ ${#urls[@]} -gt 0 ] || { echo "no component of hello says where it answers" >&2; return 1; }
  for url in "${urls[@]}"; do
    echo "    curl $url"
    curl --silent --show-error --fail --max-time 10 --retry 5 --retry-all-errors --retry-delay 1 "$url" |
      sed 's/^/    /'
  done
}

# show_output: addresses of a cluster are not this machine's. But the caller asks hello-web every second, by its name, and
# writes what it hears.
show_output() {
  local end=$((SECONDS + 30)) heard
  until heard=$($weft logs hello hello-caller --tail 1) && [[ $heard == *says:* ]]; do
    [ $SECONDS -lt $end ] || { echo "hello-caller hears nothing: $heard" >&2; return 1; }
    sleep 1
  done
  echo "    weft logs hello hello-caller --tail 1"
  echo "    $heard"
}

echo "==> starting the mesh"
if [ -n "$kubernetes" ]; then
  $weft up --detach --runtime kubernetes ${kubeconfig:+--kubeconfig "$kubeconfig"}
else
  $weft up --detach
fi

echo "==> applying deploy/examples/hello"
documents=deploy/examples/hello
if [ -z "$kubernetes" ]; then
  $weft image import build/release/deploy/examples/hello/hello.tar weft/hello:v1 --entrypoint /hello
elif [ "$image" != weft/hello:v1 ]; then
  documents=$(mktemp -d)
  trap 'rm -rf "$documents"' EXIT
  for file in deploy/examples/hello/*.yaml; do
    sed "s|image: weft/hello:v1|image: $image|" "$file" >"$documents/${file##*/}"
  done
fi
$weft apply -f "$documents" --wait

echo "==> asking it"
if [ -n "$kubernetes" ]; then show_output; else show_answers; fi

echo
$weft status hello
cat <<END

What to try next:
  $weft status hello                       the tree again
  $weft get types                          which workload and trait types there are
  \$EDITOR deploy/examples/hello/*.yaml     another number of replicas${kubernetes:+, and the image of your cluster}, then
  $weft apply -f deploy/examples/hello --wait
  $weft delete hello
  $weft down --purge                       ends the mesh and removes everything it made
END
