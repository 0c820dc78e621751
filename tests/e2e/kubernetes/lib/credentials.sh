# Sourced by up.sh: makes what the components prove themselves with. One authority signs all certificates; users have
# tokens, to which RBAC's default roles give all that is needed.
# shellcheck shell=bash

# make_credentials DIR PORT: fills DIR/pki, and writes DIR/kubeconfig.
make_credentials() {
  local dir=$1 port=$2 local_names
  cd "$dir/pki"
  make_authority
  local_names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
  make_certificate api-server /CN=kube-apiserver serverAuth "IP:127.0.0.1,IP:$api_service,IP:$node_address,$local_names"
  make_certificate kubelet "/O=system:nodes/CN=system:node:$node" serverAuth "IP:$node_address,DNS:$node"
  make_certificate kubelet-client /O=system:masters/CN=api-server clientAuth
  make_certificate front-proxy-client /CN=front-proxy-client clientAuth
  make_key service-accounts
  openssl ec -in service-accounts.key -pubout -out service-accounts.pub 2>/dev/null

  install -m 600 /dev/null tokens.csv
  make_kubeconfig "$dir/kubeconfig" admin system:masters
  make_kubeconfig controller-manager.kubeconfig system:kube-controller-manager
  make_kubeconfig scheduler.kubeconfig system:kube-scheduler
  make_kubeconfig kubelet.kubeconfig "system:node:$node" system:nodes
  make_kubeconfig kube-proxy.kubeconfig system:kube-proxy
  cd "$OLDPWD"
}

make_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1.key" 2>/dev/null; }

make_authority() {
  make_key ca
  openssl req -x509 -new -key ca.key -subj /CN=weft-tests -days 365 -out ca.crt \
    -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
}

# make_certificate FILE SUBJECT USAGE [NAMES]
make_certificate() {
  make_key "$1"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days 365 -out "$1.crt" \
      -extfile <(printf '%s\n' "keyUsage=digitalSignature" "extendedKeyUsage=$3" "${4:+subjectAltName=$4}") 2>/dev/null
}

# make_kubeconfig FILE USER [GROUP]: of a user that is known by a new token.
make_kubeconfig() {
  local token
  token=$(openssl rand -hex 16)
  echo "$token,$2,$2,\"${3:-}\"" >>tokens.csv
  install -m 600 /dev/null "$1"
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: weft
  cluster: {server: "https://127.0.0.1:$port", certificate-authority-data: $(base64 --wrap=0 ca.crt)}
users:
- name: user
  user: {token: $token}
contexts:
- name: weft
  context: {cluster: weft, user: user}
current-context: weft
YAML
}
