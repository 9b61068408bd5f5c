#!/usr/bin/env bash
# Builds the image with docker, podman or buildah, whichever is there and works: `npm run image [-- TAG]`.
#
# IMAGE_BUILDER   docker, podman or buildah instead of the first that works
# NODE_DIGEST     of the base image, `sha256:…`; without it the base is whatever its tag leads to
# IMAGE_CA        certificates for a proxy that signs TLS itself
# IMAGE_ARGS      more arguments for the builder, divided at spaces
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=$(node -p 'require("./package.json").version')
tag=${1:-localhost/sluice:$version}

# The client of docker may be there without its daemon.
works() {
  case $1 in
    docker) docker version >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

digest=${NODE_DIGEST:-}
if [ -z "$digest" ]; then
  echo 'image: the base is taken by its tag; set NODE_DIGEST to pin it' >&2
elif ! [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]]; then
  echo "image: NODE_DIGEST is \"$digest\"; accepted: sha256: and 64 hexadecimal digits" >&2
  exit 1
fi

builder=${IMAGE_BUILDER:-}
for name in docker podman buildah; do
  if [ -z "$builder" ] && works "$name"; then builder=$name; fi
done
if [ -z "$builder" ]; then
  echo 'image: needs docker, podman or buildah' >&2
  exit 1
fi

arguments=(
  --file Dockerfile
  --tag "$tag"
  --build-arg "NODE_DIGEST=$digest"
  --build-arg "VERSION=$version"
  --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)"
  --build-arg "CREATED=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
)
if [ -n "${IMAGE_CA:-}" ]; then arguments+=(--secret "id=ca,src=$IMAGE_CA"); fi
# Docker's own format: the other one has no place for HEALTHCHECK.
if [ "$builder" != docker ]; then arguments+=(--format docker); fi
read -ra more <<<"${IMAGE_ARGS:-}"

"$builder" build "${arguments[@]}" ${more[@]+"${more[@]}"} .
echo "$tag"
