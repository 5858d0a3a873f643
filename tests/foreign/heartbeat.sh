#!/usr/bin/env bash
# Waits for the heartbeat of a stream on which nothing else happens.
# Usage: heartbeat.sh URL
set -euo pipefail

# Every 15 s; the rest is for a machine that is busy.
patience=25

exec 3< <(exec curl -sSN --max-time "$patience" "$1/events/inventory")
stream=$!
trap 'kill "$stream" 2>/dev/null || true' EXIT
while IFS= read -r line <&3; do
  if [[ $line == ': ping' ]]; then
    if ((SECONDS < 14)); then
      echo "FAILED a quiet stream has a heartbeat every 15 s: one came after $SECONDS s"
      exit 1
    fi
    echo "ok a quiet stream has a heartbeat ($SECONDS s)"
    exit 0
  fi
done
echo "FAILED a quiet stream has a heartbeat: none in $patience s"
exit 1
