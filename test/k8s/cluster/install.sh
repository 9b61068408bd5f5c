#!/usr/bin/env bash
# Brings what `run.sh` needs besides the tools of ../install.sh: etcd 3.6, the controllers and the scheduler of
# Kubernetes, kwok for nodes that there are not, and KEDA. By hand only: a quarter of an hour on two cores.
set -euo pipefail
kubernetes=1.36.3
etcd=3.6.15
kwok=0.8.0
keda=2.21.0

folder=$("$(dirname "${BASH_SOURCE[0]}")/../install.sh" | tail -n 1)
bin=$folder/bin
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A scratch module that needs VERSION of MODULE, with what REPLACE says, and builds NAME=PACKAGE….
build() { # module version replace name=package…
  local module=$1 version=$2 replace=$3 pair missing=()
  shift 3
  for pair in "$@"; do [ -x "$bin/${pair%%=*}" ] || missing+=("$pair"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  rm -rf "$scratch/module"
  mkdir "$scratch/module"
  cd "$scratch/module"
  {
    printf 'module tools\n\ngo 1.26.0\n\nrequire %s %s\n' "$module" "$version"
    printf '%s\n' "$replace"
  } >go.mod
  {
    printf '//go:build tools\n\npackage tools\n\nimport (\n'
    for pair in "${missing[@]}"; do printf '\t_ "%s"\n' "${pair#*=}"; done
    printf ')\n'
  } >tools.go
  go mod tidy
  for pair in "${missing[@]}"; do
    CGO_ENABLED=0 go build -trimpath -o "$bin/${pair%%=*}" \
      -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$kubernetes" "${pair#*=}"
  done
}

mod_of() { go mod download -json "$1" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p'; }

cd "$scratch"
staging=$(sed -n "s#^\s*\(k8s\.io/[a-z-]*\) => \./staging/.*#replace \1 => \1 v0${kubernetes#1}#p" \
  "$(mod_of "k8s.io/kubernetes@v$kubernetes")")
keda_replace=$(sed -n '/^replace/,$p' "$(mod_of "github.com/kedacore/keda/v2@v$keda")")
build k8s.io/kubernetes "v$kubernetes" "$staging" \
  kube-controller-manager=k8s.io/kubernetes/cmd/kube-controller-manager \
  kube-scheduler=k8s.io/kubernetes/cmd/kube-scheduler
build go.etcd.io/etcd/server/v3 "v$etcd" '' etcd=go.etcd.io/etcd/server/v3
build sigs.k8s.io/kwok "v$kwok" '' kwok=sigs.k8s.io/kwok/cmd/kwok
build github.com/kedacore/keda/v2 "v$keda" "$keda_replace" \
  keda-operator=github.com/kedacore/keda/v2/cmd/operator keda-adapter=github.com/kedacore/keda/v2/cmd/adapter
cat "$(cd "$scratch" && go mod download -json "sigs.k8s.io/kwok@v$kwok" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')"/kustomize/stage/{node/fast/node,node/heartbeat-with-lease/node,pod/fast/pod}-*.yaml |
  sed 's/^apiVersion: kwok/---\n&/' >"$folder/kwok-stages.yaml"
echo "$folder"
