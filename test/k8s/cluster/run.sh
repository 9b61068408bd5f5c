#!/usr/bin/env bash
# Kubernetes with real controllers and a real scheduler, on nodes that kwok only pretends to be: an update and a drain
# of the API. By hand: `test/k8s/cluster/run.sh`; 20 seconds, besides what install.sh takes the first time.
# Prints what it sees; ends with 1 at the first thing that is not so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
folder=$(test/k8s/cluster/install.sh | tail -n 1)
bin=$folder/bin
work=$(mktemp -d)
pids=()

cleanup() {
  local code=$?
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if [ "$code" -eq 0 ]; then rm -rf "$work"; else echo "logs are in $work" >&2; fi
}
trap cleanup EXIT

start() { # name program argument…
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}

say() { printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }
fail() {
  say "NOT SO: $*"
  exit 1
}
free_port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
kubectl() { "$bin/kubectl" --kubeconfig "$work/kubeconfig" "$@"; }
sluice() { kubectl --namespace sluice "$@"; }

# Until a command answers what is wanted; says how long it took.
until_is() { # seconds what wanted command…
  local seconds=$1 what=$2 wanted=$3 answer='' began=$SECONDS
  shift 3
  while [ $((SECONDS - began)) -lt "$seconds" ]; do
    answer=$("$@" 2>/dev/null || true)
    if [ "$answer" = "$wanted" ]; then
      say "$what: $wanted (after $((SECONDS - began)) s)"
      return 0
    fi
    sleep 0.2
  done
  fail "$what: $answer, not $wanted within $seconds s"
}

start_cluster() {
  local clients peers port
  clients=$(free_port) peers=$(free_port) port=$(free_port)
  start etcd "$bin/etcd" --data-dir "$work/etcd" --unsafe-no-fsync \
    --listen-client-urls "http://127.0.0.1:$clients" --advertise-client-urls "http://127.0.0.1:$clients" \
    --listen-peer-urls "http://127.0.0.1:$peers" --initial-advertise-peer-urls "http://127.0.0.1:$peers" \
    --initial-cluster "default=http://127.0.0.1:$peers"
  openssl genrsa -out "$work/key.pem" 2048 2>/dev/null
  echo 'administrator,administrator,1,system:masters' >"$work/tokens.csv"
  start kube-apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$clients" --cert-dir="$work/certificates" \
    --bind-address=127.0.0.1 --secure-port="$port" --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$work/key.pem" --service-account-signing-key-file="$work/key.pem" \
    --token-auth-file="$work/tokens.csv" --service-cluster-ip-range=10.0.0.0/24 --allow-privileged=true
  cat >"$work/kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: 'https://127.0.0.1:$port', insecure-skip-tls-verify: true } }]
users: [{ name: u, user: { token: administrator } }]
contexts: [{ name: c, context: { cluster: c, user: u } }]
current-context: c
YAML
  until_is 120 'API server' ok kubectl get --raw /readyz
  start kube-controller-manager "$bin/kube-controller-manager" --kubeconfig="$work/kubeconfig" \
    --authentication-kubeconfig="$work/kubeconfig" --authorization-kubeconfig="$work/kubeconfig" \
    --service-account-private-key-file="$work/key.pem" --leader-elect=false --bind-address=127.0.0.1 \
    --secure-port="$(free_port)" --cert-dir="$work/certificates-controllers" \
    --horizontal-pod-autoscaler-sync-period=2s --horizontal-pod-autoscaler-downscale-stabilization=10s
  start kube-scheduler "$bin/kube-scheduler" --kubeconfig="$work/kubeconfig" --leader-elect=false \
    --authentication-kubeconfig="$work/kubeconfig" --authorization-kubeconfig="$work/kubeconfig" \
    --bind-address=127.0.0.1 --secure-port="$(free_port)" --cert-dir="$work/certificates-scheduler"
  start kwok "$bin/kwok" --kubeconfig="$work/kubeconfig" --config="$folder/kwok-stages.yaml" \
    --manage-all-nodes=true --node-lease-duration-seconds=40
  for n in 1 2 3; do
    kubectl create --filename=- <<YAML >/dev/null
apiVersion: v1
kind: Node
metadata:
  name: node-$n
  labels: { kubernetes.io/hostname: node-$n, topology.kubernetes.io/zone: zone-$n }
status:
  allocatable: { cpu: '8', memory: 32Gi, pods: '50', ephemeral-storage: 100Gi }
  capacity: { cpu: '8', memory: 32Gi, pods: '50', ephemeral-storage: 100Gi }
YAML
  done
  until_is 60 'nodes that are ready' 3 ready_nodes
}

ready_nodes() { kubectl get nodes --no-headers | grep -c ' Ready'; }
ready() { sluice get deployment "sluice-$1" --output jsonpath='{.status.readyReplicas}'; }
wanted() { sluice get deployment "sluice-$1" --output jsonpath='{.spec.replicas}'; }
pods_of() { sluice get pods --selector "app.kubernetes.io/component=$1" --field-selector status.phase=Running --output name; }
evict() { # pod; the answer of the API server
  local name=${1#pod/}
  kubectl create --raw "/api/v1/namespaces/sluice/pods/$name/eviction" --filename=- <<JSON 2>&1
{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"$name","namespace":"sluice"}}
JSON
}

deploy() {
  kubectl apply --server-side --filename k8s/base/namespace.yaml >/dev/null
  mkdir "$work/k8s"
  cp -r k8s/. "$work/k8s"
  mkdir "$work/k8s/here"
  echo '{ resources: [../overlays/eks], components: [../components/worker-hpa] }' >"$work/k8s/here/kustomization.yaml"
  kubectl apply --server-side --kustomize "$work/k8s/here" >/dev/null
}

rolling_update() {
  until_is 60 'API replicas ready' 2 ready api
  local image lowest=99 now
  image=$(sluice get deployment sluice-api --output 'jsonpath={.spec.template.spec.containers[0].image}')
  sluice set image deployment/sluice-api "api=$image-next" "await-schema=$image-next" >/dev/null
  for _ in $(seq 1 400); do
    now=$(ready api)
    if [ "${now:-0}" -lt "$lowest" ]; then lowest=${now:-0}; fi
    if sluice rollout status deployment/sluice-api --watch=false | grep -q 'successfully rolled out'; then break; fi
  done
  sluice rollout status deployment/sluice-api --timeout=1s >/dev/null || fail 'the update did not end'
  say "rolling update: done, never fewer than $lowest ready"
  [ "$lowest" -ge 2 ] || fail 'the update went below the two replicas'
}

drain() {
  kubectl cordon node-1 node-2 node-3 >/dev/null
  local first second answer
  first=$(pods_of api | head -n 1) second=$(pods_of api | tail -n 1)
  answer=$(evict "$first")
  grep -q Success <<<"$answer" || fail "the first eviction: $answer"
  say 'drain: the first API may go'
  until_is 30 'disruptions that the budget still allows' 0 sluice get pdb sluice-api --output 'jsonpath={.status.disruptionsAllowed}'
  answer=$(evict "$second" || true)
  grep -q "violate the pod's disruption budget" <<<"$answer" || fail "the second eviction: $answer"
  say 'drain: the second has to wait for the budget'
  kubectl uncordon node-1 node-2 node-3 >/dev/null
  until_is 60 'API replicas ready' 2 ready api
  answer=$(evict "$second")
  grep -q Success <<<"$answer" || fail "the second eviction: $answer"
  say 'drain: it may go once another is ready'
  until_is 60 'API replicas ready' 2 ready api
}

say "Kubernetes $("$bin/kubectl" version --client | sed -n 's/^Client Version: //p'), kwok"
start_cluster
deploy
rolling_update
drain
say 'all of it is so'
