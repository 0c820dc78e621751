# Sourced by first.sh: makes the cluster's view of the machine. Only processes in its namespaces have it.
# shellcheck shell=bash

# enter_folder DIR: whatever the length of its path, it is /run/cluster: a socket's path may have 107 bytes. The rest of
# /run is the cluster's own.
enter_folder() {
  local held
  exec {held}<"$1"
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir /run/cluster
  mount --bind "/proc/self/fd/$held" /run/cluster
  exec {held}<&-
  cd /run/cluster
}

# The folders that the programs of a node are wired to.
mount_node_folders() {
  local folder
  mount -t tmpfs -o mode=755 tmpfs /var/lib
  mount -t tmpfs -o mode=755 tmpfs /var/log
  for folder in lib/kubelet lib/containerd lib/cni log/pods; do
    mkdir -p "node/$folder" "/var/$folder"
    mount --bind "node/$folder" "/var/$folder"
  done
}

# A kubelet sets these for the whole machine unless it finds them set: it finds files of ours.
hide_kernel_settings() {
  local setting value
  while read -r setting value; do
    echo "$value" >"run/${setting##*/}"
    mount --bind "run/${setting##*/}" "/proc/sys/$setting"
  done <<'SETTINGS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SETTINGS
}

# A network with no way out: the node's address on a bridge without ports.
make_network() {
  ip link set lo up
  ip link add weft0 type bridge
  ip address add "$node_address/24" dev weft0
  ip link set weft0 up
  # A Service's address needs a route before kube-proxy's rules send it elsewhere.
  ip route add default dev weft0
  # Before there are such rules a connection is refused, as by a Service without endpoints, and not just lost.
  iptables --append OUTPUT --destination "$services" --jump REJECT
  iptables --append FORWARD --destination "$services" --jump REJECT
  echo 1 >/proc/sys/net/ipv4/ip_forward
}

# The group that all Pods are in, of each hierarchy (version 1) or the only one (version 2).
make_cgroups() {
  local hierarchy file
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ ! -f "$hierarchy/cgroup.procs" ] || mkdir -p "$hierarchy/$cgroup"
  done
  # A new cpuset of version 1 is empty, and takes no process then.
  for file in cpuset.cpus cpuset.mems; do
    [ ! -f "/sys/fs/cgroup/cpuset/$file" ] ||
      cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$cgroup/$file"
  done
}
