# Sourced by up.sh. shellcheck shell=bash
source "$here/../../../deploy/prerequisites.sh"

# What any cluster takes, and what a node takes besides (lib/node.sh).
kubernetes_packages=(curl=curl openssl=openssl util-linux=nsenter)
kubernetes_node_packages=(
  busybox-static conntrack=conntrack containerd=containerd containernetworking-plugins iproute2=ip iptables=iptables
  runc=runc socat=socat)

# kubernetes_install KIND: installs what is missing for such a cluster. On standard output only paths are written.
kubernetes_install() {
  local packages=("${kubernetes_packages[@]}")
  [ "$1" != node ] || packages+=("${kubernetes_node_packages[@]}")
  weft_install "${packages[@]}" >&2
}
