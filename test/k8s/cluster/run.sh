#!/usr/bin/env bash
# Kubernetes with real controllers and a real scheduler, on nodes that kwok only pretends to be: rolling updates,
# drains, and workers by KEDA from a real Redis. By hand: `test/k8s/cluster/run.sh`, with redis-server on the PATH.
# Prints what it sees; ends with 1 at the first thing that is not so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
folder=$(test/k8s/cluster/install.sh | tail -n 1)
bin=$folder/bin
work=$(mktemp -d)
pids=()
# KEDA reads where it runs from a file that only pods have.
account=/var/run/secrets/kubernetes.io/serviceaccount

cleanup() {
  local code=$?
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "${account%/*}"
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
  # For the adapter of KEDA, which is asked by the API server.
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=front -keyout "$work/front.key" -out "$work/front.pem" 2>/dev/null
  start kube-apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$clients" --cert-dir="$work/certificates" \
    --bind-address=127.0.0.1 --secure-port="$port" --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$work/key.pem" --service-account-signing-key-file="$work/key.pem" \
    --token-auth-file="$work/tokens.csv" --service-cluster-ip-range=10.0.0.0/24 --allow-privileged=true \
    --enable-aggregator-routing=true --requestheader-client-ca-file="$work/front.pem" \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$work/front.pem" --proxy-client-key-file="$work/front.key"
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
  kubectl apply --server-side --recursive --filename="$folder/schemas/crds" >/dev/null
  until_is 60 'definitions of KEDA' True kubectl get crd scaledobjects.keda.sh \
    --output 'jsonpath={.status.conditions[?(@.type=="Established")].status}'
  kubectl apply --server-side --filename k8s/base/namespace.yaml >/dev/null
  # A default account and what Secrets hold, as a cloud would have it.
  sluice create secret generic sluice-connections --from-literal=DATABASE_URL=postgres://x --from-literal=REDIS_URL=redis://x \
    --from-literal=MIGRATE_DATABASE_URL=postgres://x --from-literal="REDIS_ADDRESS=127.0.0.1:$redis" --from-literal=REDIS_PASSWORD= \
    --from-literal=REDIS_TLS=disable >/dev/null
  mkdir "$work/k8s"
  cp -r k8s/. "$work/k8s"
  mkdir "$work/k8s/here"
  cat >"$work/k8s/here/kustomization.yaml" <<'YAML'
resources: [../overlays/eks]
components: [../components/workers-to-zero]
patches:
  # Nobody needs to wait here as long as in a cloud.
  - target: { kind: ScaledObject }
    patch: |
      - { op: replace, path: /spec/cooldownPeriod, value: 5 }
      - { op: replace, path: /spec/pollingInterval, value: 1 }
      - { op: replace, path: /spec/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/stabilizationWindowSeconds, value: 5 }
      - { op: replace, path: /spec/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/policies/0/periodSeconds, value: 5 }
YAML
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

start_keda() {
  local address port grpc
  address=$(hostname -I | cut -d' ' -f1) port=$(free_port) grpc=$(free_port)
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=keda-operator -addext 'subjectAltName=DNS:localhost,DNS:keda-operator' \
    -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
  cp "$work/tls.crt" "$work/ca.crt"
  mkdir -p "$account"
  printf keda >"$account/namespace"
  kubectl create namespace keda >/dev/null
  POD_NAMESPACE=keda WATCH_NAMESPACE='' start keda-operator "$bin/keda-operator" --kubeconfig="$work/kubeconfig" --cert-dir="$work" \
    --metrics-bind-address=127.0.0.1:"$(free_port)" --health-probe-bind-address=127.0.0.1:"$(free_port)" \
    --metrics-service-bind-address=127.0.0.1:"$grpc" --zap-log-level=info
  POD_NAMESPACE=keda WATCH_NAMESPACE='' start keda-adapter "$bin/keda-adapter" --kubeconfig="$work/kubeconfig" --lister-kubeconfig="$work/kubeconfig" \
    --authentication-kubeconfig="$work/kubeconfig" --authorization-kubeconfig="$work/kubeconfig" --secure-port="$port" --port=0 \
    --tls-cert-file="$work/tls.crt" --tls-private-key-file="$work/tls.key" --cert-dir="$work" --client-ca-file="$work/ca.crt" \
    --metrics-service-address="localhost:$grpc"
  kubectl apply --server-side --filename=- <<YAML >/dev/null
apiVersion: v1
kind: Service
metadata: { name: keda-metrics-apiserver, namespace: keda }
spec: { clusterIP: None, ports: [{ port: 443, targetPort: $port }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: keda-metrics-apiserver
  namespace: keda
  labels: { kubernetes.io/service-name: keda-metrics-apiserver }
addressType: IPv4
ports: [{ name: '', port: $port, protocol: TCP }]
endpoints: [{ addresses: [$address], conditions: { ready: true } }]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1beta1.external.metrics.k8s.io }
spec:
  service: { name: keda-metrics-apiserver, namespace: keda }
  group: external.metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
YAML
  until_is 60 'metrics of KEDA' True kubectl get apiservice v1beta1.external.metrics.k8s.io \
    --output 'jsonpath={.status.conditions[?(@.type=="Available")].status}'
}

scale() {
  until_is 90 'workers while there is nothing to do' 0 wanted worker
  node test/k8s/cluster/fill-queue.mjs "redis://127.0.0.1:$redis" 20
  say 'twenty jobs of parts wait in the queue'
  until_is 90 'workers wanted' 5 wanted worker
  until_is 60 'workers ready' 5 ready worker
  redis-cli -p "$redis" flushall >/dev/null
  say 'the queue is empty'
  until_is 180 'workers while there is nothing to do' 0 wanted worker
}

redis=$(free_port)
start redis redis-server --port "$redis" --save '' --appendonly no
say "Kubernetes $("$bin/kubectl" version --client | sed -n 's/^Client Version: //p'), kwok, KEDA"
start_cluster
deploy
rolling_update
drain
start_keda
scale
say 'all of it is so'
