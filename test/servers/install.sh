#!/usr/bin/env bash
# Brings the servers that stand for S3 and Google Cloud Storage in the tests into .servers/ of the clone:
# versitygw, fake-gcs-server (built with Go) and gcp-storage-emulator (Python). They are kept in
# $SLUICE_CACHE (~/.cache/sluice) as well, from where the next clone copies them. Five minutes on two cores
# the first time, a second after that. Needs go 1.21 or later, which fetches the one it needs, python3 and pip.
set -euo pipefail

versitygw=1.8.0
fake_gcs_server=1.56.1
gcp_storage_emulator=2026.7.19

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.servers
cache=${SLUICE_CACHE:-$HOME/.cache/sluice}/servers
mkdir -p "$folder" "$cache"
scratch=$(mktemp -d "$cache/.making-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

need() {
  command -v "$1" >/dev/null || { echo "$1 is needed to install $2" >&2; exit 1; }
}

# install NAME VERSION COMMAND…: the command makes the file or folder $scratch/NAME; a whole one is moved
# into the cache in one step, so several may run at the same time.
install() {
  local name=$1 version=$2 kept=$cache/$1-$2
  shift 2
  if [ "$(cat "$folder/$name.version" 2>/dev/null)" = "$version" ] && [ -e "$folder/$name" ]; then
    echo "$name $version is there"
    return
  fi
  if [ ! -e "$kept" ]; then
    echo "$name $version: installing"
    "$@"
    mv -T "$scratch/$name" "$kept" 2>/dev/null || [ -e "$kept" ]
  fi
  echo "$name $version: copying from $cache"
  rm -rf "${folder:?}/$name"
  cp -R "$kept" "$folder/$name"
  echo "$version" >"$folder/$name.version"
}

build() {
  need go "$2"
  GOBIN=$scratch CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "$1"
}

install_python() {
  need python3 "$1"
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
    --target "$scratch/$1" "$1==$2"
}

install versitygw "$versitygw" build "github.com/versity/versitygw/cmd/versitygw@v$versitygw" versitygw
install fake-gcs-server "$fake_gcs_server" build "github.com/fsouza/fake-gcs-server@v$fake_gcs_server" fake-gcs-server
# A folder for PYTHONPATH rather than a venv, which does not bear being copied.
install gcp-storage-emulator "$gcp_storage_emulator" install_python gcp-storage-emulator "$gcp_storage_emulator"
