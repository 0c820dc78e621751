#!/usr/bin/env bash
# Answers one HTTP request as a registry that has the images of this node and no others (Distribution Specification,
# "Pulling manifests"), so that an image that was put on the node is also there where Kubernetes insists on a pull. What
# a manifest names the node has, and asks for nothing else. Runs in the cluster's namespaces.
set -euo pipefail

# answer STATUS [HEADER]...
answer() { printf '%s\r\n' "HTTP/1.1 $1" "Connection: close" "${@:2}" ""; }

read -r _ target _
while read -r line && [ "$line" != $'\r' ]; do :; done
# /v2/NAME/manifests/TAG?ns=HOST
[[ $target =~ ^/v2/(.+)/manifests/([^?]+)\?ns=([^&]+)$ ]] || { answer "404 Not Found"; exit; }
name=${BASH_REMATCH[3]}/${BASH_REMATCH[1]}:${BASH_REMATCH[2]}
read -r _ type digest _ < <(ctr --namespace k8s.io images list "name==$name" | tail -n +2) ||
  { answer "404 Not Found"; exit; }
size=$(stat --format %s "/var/lib/containerd/io.containerd.content.v1.content/blobs/${digest/://}")
answer "200 OK" "Content-Type: $type" "Docker-Content-Digest: $digest" "Content-Length: $size"
