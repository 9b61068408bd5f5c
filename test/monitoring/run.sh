#!/usr/bin/env bash
# Checks and tests the alerts of k8s/monitoring with promtool. Where it is not installed, Debian's package
# is unpacked into the cache folder (SLUICE_CACHE), without starting a server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cache=${SLUICE_CACHE:-$HOME/.cache/sluice}/prometheus
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

promtool=$(command -v promtool || true)
if [ -z "$promtool" ]; then
  promtool=$cache/usr/bin/promtool
  if [ ! -x "$promtool" ]; then
    mkdir -p "$cache"
    chmod 755 "$scratch"
    (cd "$scratch" && apt-get download -q prometheus)
    dpkg -x "$scratch"/prometheus_*.deb "$cache"
  fi
fi

node test/monitoring/unpack-rules.mjs "$scratch"
"$promtool" check rules "$scratch/rules.yaml"
"$promtool" test rules "$scratch/rules.test.yaml"
