#!/usr/bin/env bash
# Puts an image on the node of a cluster under a name. ARCHIVE is what `docker save` writes, or, as `weft image import`
# takes it, a tar archive of a root file system; such an image has the program ENTRYPOINT.
#
#   tests/e2e/kubernetes/load_image.sh DIR ARCHIVE NAME [ENTRYPOINT]
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
source "$here/lib/state.sh"
source "$here/lib/images.sh"

in_cluster() { nsenter --target "$first" --mount --pid --net -- "$@"; }

# Kubernetes learns of an image a moment after containerd, and marks it.
await_image() {
  local end=$((SECONDS + 20))
  until in_cluster ctr --namespace k8s.io images list "name==$1" | grep 'io.cri-containerd.image=managed' >/dev/null; do
    [ $SECONDS -lt $end ] || { echo "load_image.sh: the node does not see $1" >&2; return 1; }
    sleep 0.05
  done
}

[ $# -ge 3 ] || { echo "usage: load_image.sh DIR ARCHIVE NAME [ENTRYPOINT]" >&2; exit 2; }
archive=$(realpath -e "$2")
name=$(full_name "$3")
entrypoint=${4:+[\"$4\"]}
open_cluster "$1"
work=$(mktemp -d "$dir/run/image.XXXXXX")
trap 'rm -rf "$work"' EXIT
if tar --list --file="$archive" manifest.json >/dev/null 2>&1; then
  rename_image "$archive" "$name" "$work/image.tar"
else
  pack_image "$archive" "$name" "${entrypoint:-null}" "$work/image.tar"
fi
in_cluster ctr --namespace k8s.io images import "/run/cluster/run/${work##*/}/image.tar" >/dev/null
await_image "$name"
