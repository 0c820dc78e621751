#!/usr/bin/env bash
# Makes the image of the example, for a cluster to pull: builds the program, and gives it to the Docker engine of this
# machine under the name REF. Safe to run again.
#
#   deploy/examples/hello/image.sh REF        for example registry.example.org/hello:v1; then: docker push REF
set -euo pipefail
[ $# -eq 1 ] || { sed -n '5s/^#   /usage: /p' "${BASH_SOURCE[0]}" >&2; exit 2; }
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source deploy/prerequisites.sh
weft_install "${weft_build_packages[@]}"
command -v docker >/dev/null || { echo "there is no docker here, which puts the image where it can be pushed" >&2; exit 1; }
weft_build release -DWEFT_BUILD_TESTS=OFF hello-image
docker import --change 'ENTRYPOINT ["/hello"]' build/release/deploy/examples/hello/hello.tar "$1"
