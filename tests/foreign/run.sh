#!/usr/bin/env bash
# Lets readers that nobody here wrote read what the demo and an example send: curl, two
# packages of Node, one of Python, and Chromium. Installs what is missing, which needs a
# network and on Debian root; a reader that cannot run is a failure, not a gap.
#
# Usage: tests/foreign/run.sh
# CHROMIUM and PYTHON name other programs than those of the machine.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=common.sh
. ./common.sh
stop() {
  ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# ---- What is needed ---------------------------------------------------------------------

find_chromium() {
  local name
  for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    command -v "$name" && return
  done
  return 1
}

command -v curl >/dev/null || install curl
find_chromium >/dev/null || install chromium
chromium=$(find_chromium)

# Anew only where the list has changed.
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi

python=${PYTHON:-python3}
if ! cmp -s requirements.txt .venv/.installed; then
  rm -rf .venv
  # Debian keeps what makes an environment in a package of its own.
  if ! "$python" -m venv .venv >"$work/venv" 2>&1; then
    install python3-venv
    python=/usr/bin/python3
    rm -rf .venv
    "$python" -m venv .venv
  fi
  .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
  cp requirements.txt .venv/.installed
fi

build_demo
cargo build --quiet --package sse-examples --example complete
built=${demo%/demo}

# ---- The readers ------------------------------------------------------------------------

read_with() { # name, command...
  local name=$1 code=0
  shift
  echo "== $name"
  timeout --kill-after=5 180 "$@" >"$work/out" 2>&1 || code=$?
  cat "$work/out"
  count "$name" "$work/out" "$code"
}

# The heartbeat takes longest, and wants a demo on which nothing happens.
start_demo quiet
./heartbeat.sh "$url" >"$work/heartbeat" 2>&1 &
heartbeat=$!
started+=("$heartbeat")

# Two for the others: one that keeps what they publish, and one that keeps little of it.
start_demo short --history 3
short=$url
start_demo busy
read_with 'curl' ./curl.sh "$url" "$short"
read_with 'Node, eventsource' node eventsource.mjs "$url"
read_with 'Node, eventsource, cut' node resume.mjs "$url" "$short"
read_with 'Node, eventsource-parser' node parser.mjs "$url" "$short"
read_with 'Python, httpx-sse' .venv/bin/python httpx_reader.py "$url" "$short"
read_with 'Chromium' node page.mjs "$demo" "$chromium"
read_with 'Chromium, cut' node page_resume.mjs "$demo" "$chromium"
read_with 'Chromium, inspector' node inspector.mjs "$demo" "$chromium"
read_with 'Chromium, tokens' node complete.mjs "$built/examples/complete" "$chromium"

echo '== curl, heartbeat'
code=0
wait "$heartbeat" || code=$?
cat "$work/heartbeat"
count 'the heartbeat' "$work/heartbeat" "$code"

echo "$passed passed, $failed failed"
((failed == 0))
