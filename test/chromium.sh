#!/usr/bin/env bash
# Installs Chromium for the browser tests unless it is present. Its headless shell is preferred: the tests take
# less time with it. Any other Chromium works too.
set -euo pipefail

has() { command -v "$1" >/dev/null; }

if [ -n "${CHROMIUM:-}" ] || has chromium-headless-shell; then
  exit 0
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  as_root=(sudo -n)
fi
if has apt-get && "${as_root[@]}" true 2>/dev/null; then
  echo "installing chromium-headless-shell for the browser tests"
  if "${as_root[@]}" apt-get update -qq \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null; then
    exit 0
  fi
fi
if has chromium || has chromium-browser || has google-chrome; then
  exit 0
fi
if has apt-get && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; then
  exit 0
fi
echo "The browser tests need Chromium: install chromium or chromium-headless-shell, or set CHROMIUM to its path." >&2
exit 1
