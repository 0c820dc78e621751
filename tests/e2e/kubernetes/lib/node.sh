# Sourced by first.sh: a node on which Pods really run. Their network is a bridge, their images are what was imported.
# shellcheck shell=bash

start_containerd() {
  start containerd containerd --config "$here/node/containerd.toml"
  await containerd 30 ctr version
}

start_kubelet() {
  start kubelet "$program" kubelet --config "$here/node/kubelet.yaml" --kubeconfig pki/kubelet.kubeconfig \
    --hostname-override "$node" --node-ip "$node_address" --cgroup-root "/$cgroup"
}

# The limits of connections belong to the whole machine: 0 leaves them, where setting them would fail.
start_kube_proxy() {
  start kube-proxy "$program" kube-proxy --kubeconfig pki/kube-proxy.kubeconfig --hostname-override "$node" \
    --proxy-mode iptables --cluster-cidr "$pods" --oom-score-adj 0 \
    --conntrack-max-per-core 0 --conntrack-min 0 \
    --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0
}

start_dns() { start dns "$program" dns --kubeconfig kubeconfig --listen "$node_address:53"; }
