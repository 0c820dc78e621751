#!/usr/bin/env bash
# Makes the greeter and its image. Nothing of Weft goes into them but the published protocol, the folder proto/.
#
#   build.sh FOLDER [--image]
#
# FOLDER/venv gets the Python environment with the packages of requirements.txt, FOLDER/app the program with the code
# generated from the published protocol; run it with FOLDER/run. --image also makes FOLDER/greeter.tar, the root file
# system of a container image with the entry point /app/greeter.py. What is there already is not made again. May be called
# several times at once.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../../deploy/prerequisites.sh"
proto=$here/../../../proto
mkdir -p "$1"
folder=$(cd "$1" && pwd)
exec 9>"$folder/lock"
flock 9
# What the program and its image are made of.
inputs=$(cat "$here"/{requirements.txt,build.sh,*.py} "$proto"/weft/{common,provider}/v1/*.proto | sha256sum)

# is_made WHAT: whether it was made of the same inputs; made WHAT: now it is.
is_made() { [ "$(cat "$folder/$1.made" 2>/dev/null)" = "$inputs" ]; }
made() { printf '%s' "$inputs" >"$folder/$1.made"; }

environment() {
  weft_install python3-venv
  cmp -s "$here/requirements.txt" "$folder/venv/requirements.txt" && return
  rm -rf "$folder/venv"
  /usr/bin/python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$folder/venv/"
}

program() {
  ! is_made app || return 0
  rm -rf "$folder/app"
  mkdir "$folder/app"
  (cd "$proto" && "$folder/venv/bin/python" -m grpc_tools.protoc -I . --python_out="$folder/app" \
    --grpc_python_out="$folder/app" weft/common/v1/*.proto weft/provider/v1/*.proto)
  cp "$here"/*.py "$folder/app/"
  printf '#!/bin/sh\nexec "%s/venv/bin/python" "%s/app/${GREETER_PROGRAM:-greeter}.py"\n' "$folder" "$folder" \
    >"$folder/run"
  chmod +x "$folder/run"
  made app
}

image() {
  ! is_made image || return 0
  local root=$folder/root packages=python3-minimal,libpython3-stdlib,libstdc++6
  weft_install mmdebstrap=mmdebstrap
  if [ ! -e "$folder/python.tar" ]; then
    mmdebstrap --quiet --variant=extract --include=$packages --dpkgopt=path-exclude='/usr/share/doc/*' bookworm \
      "$folder/python.new.tar"
    mv "$folder/python.new.tar" "$folder/python.tar"
  fi
  rm -rf "$root"
  mkdir "$root"
  tar -C "$root" -xf "$folder/python.tar" --exclude=./dev
  mkdir "$root/app"
  cp -r "$folder"/app/* "$root/app/"
  cp -r "$folder"/venv/lib/python3*/site-packages/{google,grpc,grpc_health,typing_extensions.py} "$root/app/"
  chmod +x "$root/app/greeter.py"
  tar -C "$root" --owner=0 --group=0 --numeric-owner -cf "$folder/greeter.tar" .
  rm -rf "$root"
  made image
}

environment
program
[ "${2:-}" != --image ] || image
