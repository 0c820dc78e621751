# Sourced by first.sh: a node on which Pods really run. Their network is a bridge, their images are what was imported.
# shellcheck shell=bash

# What is put on the node can be pulled, and nothing else (registry.sh).
start_registry() {
  mkdir -p run/registries/_default
  printf '%s\n' '[host."http://127.0.0.1:5000"]' '  capabilities = ["pull", "resolve"]' >run/registries/_default/hosts.toml
  cp "$here/lib/registry.sh" run/
  start registry socat TCP-LISTEN:5000,bind=127.0.0.1,reuseaddr,fork EXEC:"bash run/registry.sh"
}

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
