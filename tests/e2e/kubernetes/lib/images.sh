# Sourced: makes images out of files of this machine, there being no registry, and puts them on a node. An image archive
# is what `docker save` writes, of one image.
# shellcheck shell=bash

# full_name NAME: as containerd and Kubernetes have it. "hello" is docker.io/library/hello:latest.
full_name() {
  local name=$1
  [[ ${name##*/} == *:* ]] || name+=:latest
  case $name in
    */*) [[ ${name%%/*} == *[.:]* || ${name%%/*} == localhost ]] || name=docker.io/$name ;;
    *) name=docker.io/library/$name ;;
  esac
  echo "$name"
}

# pack_image LAYER NAME ENTRYPOINT OUT: an archive of an image with one layer, the tar file LAYER. ENTRYPOINT is JSON:
# an array of strings, or null.
pack_image() {
  local folder id
  folder=$(mktemp -d)
  cp "$1" "$folder/layer.tar"
  id=$(sha256sum <"$1" | cut -d ' ' -f 1)
  cat >"$folder/config.json" <<JSON
{"architecture": "$(dpkg --print-architecture)", "os": "linux", "created": "1970-01-01T00:00:00Z",
 "config": {"Entrypoint": $3, "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$id"]}, "history": [{"created": "1970-01-01T00:00:00Z"}]}
JSON
  echo "[{\"Config\": \"config.json\", \"RepoTags\": [\"$2\"], \"Layers\": [\"layer.tar\"]}]" >"$folder/manifest.json"
  tar --create --file="$4" --directory="$folder" manifest.json config.json layer.tar
  rm -rf "$folder"
}

# rename_image ARCHIVE NAME OUT: the same image under another name, whatever it had.
rename_image() {
  local folder
  folder=$(mktemp -d)
  tar --extract --file="$1" --directory="$folder"
  sed -i -E "s|\"RepoTags\":[[:space:]]*(null\|\[[^]]*\])|\"RepoTags\":[\"$2\"]|" "$folder/manifest.json"
  tar --create --file="$3" --directory="$folder" .
  rm -rf "$folder"
}

# make_own_images FOLDER: busybox.tar, with all commands of Debian's, and pause.tar, in which a Pod's namespaces wait.
make_own_images() {
  local root=$1/root command
  mkdir -p "$root"/{bin,etc,root,tmp,var}
  chmod 1777 "$root/tmp"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for command in $(busybox --list); do
    [ "$command" = busybox ] || ln -s busybox "$root/bin/$command"
  done
  echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
  echo root:x:0: >"$root/etc/group"
  tar --create --file="$1/layer.tar" --owner=0 --group=0 --numeric-owner --directory="$root" .
  pack_image "$1/layer.tar" docker.io/local/busybox:1 null "$1/busybox.tar"
  pack_image "$1/layer.tar" docker.io/local/pause:1 '["sleep", "infinity"]' "$1/pause.tar"
  rm -rf "$root" "$1/layer.tar"
}

# import_image ARCHIVE: to be called in the cluster's namespaces.
import_image() { ctr --namespace k8s.io images import "$1"; }
