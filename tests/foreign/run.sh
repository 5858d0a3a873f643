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
started=()
stop() {
  ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# ---- What is needed ---------------------------------------------------------------------

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

find_chromium() {
  local name
  for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    command -v "$name" && return
  done
  return 1
}

# A package of Debian, once the list of packages is fresh.
install() {
  [[ -e $work/updated ]] || as_root apt-get update -qq
  touch "$work/updated"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends "$@" \
    >"$work/apt" 2>&1 || { cat "$work/apt" >&2; return 1; }
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

cargo build --quiet --package sse-examples
cargo build --quiet --package sse-examples --example complete
built=$(cargo metadata --format-version 1 --no-deps |
  node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')/debug
demo=$built/demo

# ---- The readers ------------------------------------------------------------------------

# Starts the demo on a free port. Sets `url`.
start_demo() { # name of its log, arguments...
  : >"$work/$1.log" # there before it is looked at
  "$demo" --listen 127.0.0.1:0 "${@:2}" >"$work/$1.report" 2>>"$work/$1.log" &
  started+=($!)
  local _
  for _ in {1..200}; do
    url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$work/$1.log")
    [[ -z $url ]] || return 0
    sleep 0.05
  done
  cat "$work/$1.log" >&2
  return 1
}

passed=0
failed=0

# Counts the lines of a reader. One that breaks off without a word has failed too.
count() { # name, file, exit code
  local ok bad
  ok=$(grep -c '^ok ' "$2") || true
  bad=$(grep -c '^FAILED ' "$2") || true
  if (($3 != 0 && bad == 0)); then
    echo "FAILED $1 could not run to its end (exit code $3)"
    bad=1
  elif ((ok + bad == 0)); then
    echo "FAILED $1 checked nothing"
    bad=1
  fi
  passed=$((passed + ok))
  failed=$((failed + bad))
}

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
read_with 'Chromium, tokens' node complete.mjs "$built/examples/complete" "$chromium"

echo '== curl, heartbeat'
code=0
wait "$heartbeat" || code=$?
cat "$work/heartbeat"
count 'the heartbeat' "$work/heartbeat" "$code"

echo "$passed passed, $failed failed"
((failed == 0))
