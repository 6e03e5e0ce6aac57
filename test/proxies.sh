#!/usr/bin/env bash
# Installs Debian's nginx, Caddy and HAProxy for test/long/proxies.test.js unless they are present. Their services
# are not started: the test starts the programs by itself, on free ports.
set -euo pipefail
export PATH=$PATH:/usr/sbin

missing() {
  for name in nginx caddy haproxy; do command -v "$name" >/dev/null || echo "$name"; done
}

if [ -z "$(missing)" ]; then
  exit 0
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  as_root=(sudo -n)
fi
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "installing $(missing | xargs) for the tests behind proxies"
  # Debian asks this file whether it may start a service after the installation: 101 means no.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap '"${as_root[@]}" rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod +x $policy
  fi
  "${as_root[@]}" apt-get update -qq
  missing | xargs "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends >/dev/null
fi
if [ -n "$(missing)" ]; then
  echo "The tests behind proxies need these programs: $(missing | xargs). Debian's packages have the same names." >&2
  exit 1
fi
