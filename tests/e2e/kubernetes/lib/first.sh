#!/usr/bin/env bash
# The first process of a cluster: pid 1 of its pid namespace, in a mount namespace of its own. Makes everything else,
# says READY on descriptor 3, and stays: its end, or that of unshare outside, is the end of all the cluster.
#
#   first.sh DIR
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
source "$here/lib/components.sh"
source "$here/lib/images.sh"
source "$here/lib/namespaces.sh"
source "$here/lib/node.sh"

say() { echo "$*" >&3; }

# Leaves the machine's network, but for what carries the port of the API server: in there it is where it is out here.
leave_network() {
  start forward-out socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" UNIX-CONNECT:run/api.sock
  exec unshare --net bash "${BASH_SOURCE[0]}" --inside
}

prepare_node() {
  mount_node_folders
  hide_kernel_settings
  make_network
  make_cgroups
  start forward-in socat UNIX-LISTEN:run/api.sock,fork,unlink-early "TCP:127.0.0.1:$port"
  mkdir -p run/cni run/images
  cp "$here/node/cni.conflist" run/cni/
  echo "nameserver 127.0.0.1" >run/resolv.conf
}

prepare_containers() {
  start_registry
  start_containerd
  make_own_images run/images
  import_image run/images/pause.tar >>log/images.log
  import_image run/images/busybox.tar >>log/images.log
  say "containerd is ready, with images"
}

# Orphans become children of pid 1. The cluster stays until it is ended; where there is a file `owner`, as long as
# somebody has a lock on it.
stay() {
  exec 3>&-
  if [ -e owner ]; then
    flock owner true &
  else
    sleep infinity &
  fi
  wait $!
}

if [ "$1" != --inside ]; then
  enter_folder "$1"
  source run/settings
  [ "$kind" != node ] || leave_network
else
  source run/settings
  prepare_node
fi
start_etcd
start_api_server
[ "$kind" != node ] || prepare_containers
await_api_server
say "the API server is ready"
start_controller_manager
start_scheduler
case $kind in
  fake-node) start_fake_node ;;
  node) start_kubelet && start_kube_proxy && start_dns ;;
esac
await_controller_manager
case $kind in
  fake-node) await fakenode 60 is_node_ready ;;
  node) await kubelet 60 is_node_ready ;;
esac
say READY
stay
