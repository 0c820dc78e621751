# Sourced by what runs in a cluster's namespaces, in its folder: starts components and waits for them. What tests may
# rely on of a control plane is here; a node is in node.sh.
# shellcheck shell=bash

# start NAME COMMAND...: starts a component; its log goes on where it was. Descriptor 3 tells up.sh of progress.
start() {
  local name=$1
  shift
  setsid "$@" >>"log/$name.log" 2>&1 </dev/null 3>&- &
  echo $! >"run/$name.pid"
}

# await NAME SECONDS CONDITION...: asks until a command succeeds. Fails when the component ends, or the time.
await() {
  local name=$1 end=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$(<"run/$name.pid")" 2>/dev/null || fail "$name has ended"
    [ $SECONDS -lt $end ] || fail "$name is not ready"
    sleep 0.05
  done
}

# fail SENTENCE
fail() {
  echo "$1" >&2
  exit 1
}

# api_answers PATH: whether the API server has this, for an administrator.
api_answers() {
  curl --fail --silent --show-error --max-time 2 --cacert pki/ca.crt "https://127.0.0.1:$port/$1" \
    --header "Authorization: Bearer $(sed -n 's/,admin,.*//p' pki/tokens.csv)"
}

# One member, on socket files: the addresses that it advertises, which have to be host:port, are never dialled.
start_etcd() {
  start etcd "$program" etcd --data-dir etcd --unsafe-no-fsync --log-level warn \
    --listen-client-urls unix:///run/cluster/run/etcd.sock --advertise-client-urls http://localhost:2379 \
    --listen-peer-urls unix:///run/cluster/run/etcd-peer.sock
  # An API server that finds none tries again later, and later each time.
  await etcd 30 test -S run/etcd.sock
}

start_api_server() {
  local options=(
    --etcd-servers unix:///run/cluster/run/etcd.sock
    --bind-address "$api_bind" --secure-port "$port" --advertise-address "$api_advertise"
    --service-cluster-ip-range "$services" --allow-privileged
    --tls-cert-file pki/api-server.crt --tls-private-key-file pki/api-server.key
    --client-ca-file pki/ca.crt --token-auth-file pki/tokens.csv
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction
    --service-account-issuer https://kubernetes.default.svc
    --service-account-key-file pki/service-accounts.pub --service-account-signing-key-file pki/service-accounts.key
    --kubelet-preferred-address-types InternalIP --kubelet-certificate-authority pki/ca.crt
    --kubelet-client-certificate pki/kubelet-client.crt --kubelet-client-key pki/kubelet-client.key
    --requestheader-client-ca-file pki/ca.crt --requestheader-allowed-names front-proxy-client
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group
    --requestheader-extra-headers-prefix X-Remote-Extra-
    --proxy-client-cert-file pki/front-proxy-client.crt --proxy-client-key-file pki/front-proxy-client.key)
  start kube-apiserver "$program" kube-apiserver "${options[@]}"
}

await_api_server() { await kube-apiserver 120 api_answers readyz; }

# The default limits of calls (20 a second) make a start 4 s longer.
client_options=(--leader-elect=false --secure-port 0 --kube-api-qps 500 --kube-api-burst 1000)

start_controller_manager() {
  start kube-controller-manager "$program" kube-controller-manager "${client_options[@]}" \
    --kubeconfig pki/controller-manager.kubeconfig --root-ca-file pki/ca.crt \
    --use-service-account-credentials --service-account-private-key-file pki/service-accounts.key \
    --cluster-signing-cert-file pki/ca.crt --cluster-signing-key-file pki/ca.key
}

# Pods are refused before their service account is there.
await_controller_manager() {
  await kube-controller-manager 60 api_answers api/v1/namespaces/default/serviceaccounts/default
}

start_scheduler() {
  start kube-scheduler "$program" kube-scheduler "${client_options[@]}" --kubeconfig pki/scheduler.kubeconfig
}

start_fake_node() { start fakenode "$program" fakenode --kubeconfig kubeconfig --name "$node"; }

is_node_ready() {
  "$program" kubectl --kubeconfig kubeconfig --cache-dir run/kubectl \
    wait --for=condition=Ready "node/$node" --timeout=1s
}
