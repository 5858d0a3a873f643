# What the scripts of this folder have in common: sourced, not run. Whoever sources it has a
# folder `$work`, and ends what is in `started`.
# shellcheck shell=bash disable=SC2034,SC2154

started=()
passed=0
failed=0

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

# A package of Debian, once the list of packages is fresh.
install() {
  [[ -e $work/updated ]] || as_root apt-get update -qq
  touch "$work/updated"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends "$@" \
    >"$work/apt" 2>&1 || { cat "$work/apt" >&2; return 1; }
}

# Builds the demo. Sets `demo`, its path.
build_demo() {
  cargo build --quiet --package sse-examples
  demo=$(cargo metadata --format-version 1 --no-deps |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/demo
}

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
