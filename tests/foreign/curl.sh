#!/usr/bin/env bash
# Reads with curl: the headers, and when what is sent arrives.
# Usage: curl.sh URL
set -euo pipefail

base=$1
# What is held back by a buffer comes with the heartbeat, after 15 s, or never. So this
# tells one from the other, on a machine that is busy too.
patience_ms=5000

work=$(mktemp -d)
trap 'kill "${reading[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
reading=()
failed=0

check() { # name, condition...
  local name=$1
  shift
  if "$@"; then echo "ok $name"; else echo "FAILED $name"; failed=1; fi
}

now_ms() { local now=$EPOCHREALTIME; echo $((${now/[.,]/} / 1000)); }

# Waits until the stream shows a line. Answers how long that took since a moment.
arrival() { # pattern, file, since
  local end=$(($3 + patience_ms))
  until grep -q -- "$1" "$2" 2>/dev/null; do
    (($(now_ms) < end)) || return 1
    sleep 0.02
  done
  echo $(($(now_ms) - $3))
}

publish() { # sku
  curl -sS --fail -o "$work/answer" -H 'content-type: application/json' \
    -d "{\"type\":\"sold_out\",\"sku\":\"$1\"}" "$base/events/inventory"
}

since=$(now_ms)
curl -sSN -D "$work/headers" -o "$work/stream" "$base/events/inventory" &
reading+=($!)
took=$(arrival '^event: sse.open$' "$work/stream" "$since") || took=never
check "sse.open arrives without an event ($took ms)" test "$took" != never

# One at a time: each arrives before the next is sent.
for sku in first second third; do
  since=$(now_ms)
  publish "$sku"
  took=$(arrival "^data: {\"sku\":\"$sku\"}$" "$work/stream" "$since") || took=never
  check "the $sku event arrives alone ($took ms)" test "$took" != never
done

names=$(tail -n +2 "$work/headers" | tr -d '\r' | sed '/^$/d; s/:.*//' | tr A-Z a-z | sort | tr '\n' ' ')
expected="cache-control content-type date transfer-encoding x-accel-buffering \
x-content-type-options x-event-source x-request-id "
check "these headers and no other: $names" test "$names" = "$expected"
header() { tr -d '\r' <"$work/headers" | sed -n "s/^$1: //ip"; }
check 'content-type' test "$(header content-type)" = text/event-stream
check 'cache-control' test "$(header cache-control)" = 'no-store, no-transform'
check 'x-accel-buffering' test "$(header x-accel-buffering)" = no
check 'x-content-type-options' test "$(header x-content-type-options)" = nosniff
check 'x-event-source' test "$(header x-event-source)" = inventory

curl -sS -X POST -d 'one two three' -o "$work/complete" "$base/complete"
check 'a finite stream ends, and curl with it' grep -q '"reason":"complete"' "$work/complete"

exit "$failed"
