#!/usr/bin/env bash
# Runs test suites with pgbouncer, in transaction mode, between the processes under test and Postgres: by
# default a few that export, cancel and download; others by jest's arguments. After a build. Where pgbouncer
# is not installed, Debian's package and two of its libraries are unpacked into the cache folder
# (SLUICE_CACHE), so that no service of the system is set up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cache=${SLUICE_CACHE:-$HOME/.cache/sluice}/pgbouncer

# Debian puts it where only root looks.
PATH=$PATH:/usr/sbin
if ! command -v pgbouncer >/dev/null; then
  if [ ! -x "$cache/usr/sbin/pgbouncer" ]; then
    mkdir -p "$cache"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    chmod 755 "$scratch"
    mapfile -t libraries < <(apt-cache depends pgbouncer | sed -nE 's/^ *Depends: (lib(event|c-?ares).*)$/\1/p')
    (cd "$scratch" && apt-get download -q pgbouncer "${libraries[@]}")
    for package in "$scratch"/lib*.deb "$scratch"/pgbouncer_*.deb; do dpkg -x "$package" "$cache"; done
  fi
  PATH=$cache/usr/sbin:$PATH
  LD_LIBRARY_PATH=$(echo "$cache"/usr/lib/*-linux-gnu*)
  export LD_LIBRARY_PATH
fi
export PATH SLUICE_TEST_PGBOUNCER=true
pgbouncer --version | head -n 1

if [ $# -eq 0 ]; then
  set -- test/acceptance/{supporting,elements,attachments,synthea}.test.ts \
    test/integration/{cancel,kick-off,api-files}.test.ts
fi
node_modules/.bin/jest --runInBand "$@"
