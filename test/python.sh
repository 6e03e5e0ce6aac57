#!/usr/bin/env bash
# Makes sure that Debian's Python client is there for test/foreign.test.js.
set -euo pipefail

here() { /usr/bin/python3 -c 'import socketio, websocket, requests' 2>/dev/null; }
if here; then
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
  here
  exit 0
fi
echo "The tests of foreign clients need python3-socketio, python3-websocket and python3-requests: install them." >&2
exit 1
