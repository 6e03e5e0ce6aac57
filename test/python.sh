#!/usr/bin/env bash
# Installs Debian's python3-socketio for test/foreign.test.js unless it is present.
set -euo pipefail

installed() { /usr/bin/python3 -c 'import socketio, websocket, requests' 2>/dev/null; }
if installed; then
  exit 0
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  as_root=(sudo -n)
fi
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "installing python3-socketio for the tests of foreign clients"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    python3-socketio python3-websocket python3-requests >/dev/null
  installed
  exit 0
fi
echo "The tests of foreign clients need python3-socketio, python3-websocket and python3-requests: install them." >&2
exit 1
