#!/usr/bin/env bash
# Builds the image here, without an engine and without a registry of images, and tests what it holds:
# `test/image/run.sh`, as root on Debian. About four minutes on two cores, eight the first time.
#
# SLUICE_IMAGE   an image that is there already, instead of building one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export CONTAINERS_CONF=$PWD/test/image/containers.conf

missing=()
for program in buildah podman debootstrap runc; do
  command -v "$program" >/dev/null || missing+=("$program")
done
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

if [ -z "${SLUICE_IMAGE:-}" ]; then
  test/image/base.sh
  SLUICE_IMAGE=localhost/sluice:test
  base=$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile)
  NODE_DIGEST=$(podman image inspect --format '{{.Digest}}' "$base")
  export NODE_DIGEST
  IMAGE_BUILDER=buildah IMAGE_ARGS='--isolation chroot --pull-never' \
    IMAGE_CA=${IMAGE_CA:-/etc/ssl/certs/ca-certificates.crt} npm run --silent image -- "$SLUICE_IMAGE"
fi
export SLUICE_IMAGE
podman image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' "$SLUICE_IMAGE"
npx jest --config test/image/jest.config.js --runInBand --forceExit
