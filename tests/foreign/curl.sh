#!/usr/bin/env bash
# Reads with curl: the headers, and when what is sent arrives.
# Usage: curl.sh URL SHORT, a second demo that keeps three events.
set -euo pipefail

base=$1
short=$2
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

publish() { # sku, demo
  curl -sS --fail -o "$work/answer" -H 'content-type: application/json' \
    -d "{\"type\":\"sold_out\",\"sku\":\"$1\"}" "${2:-$base}/events/inventory"
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
expected="cache-control content-type date transfer-encoding vary x-accel-buffering \
x-content-type-options x-event-source x-request-id "
check "these headers and no other: $names" test "$names" = "$expected"
header() { tr -d '\r' <"$work/headers" | sed -n "s/^$1: //ip"; }
check 'content-type' test "$(header content-type)" = text/event-stream
check 'cache-control' test "$(header cache-control)" = 'no-store, no-transform'
check 'x-accel-buffering' test "$(header x-accel-buffering)" = no
check 'x-content-type-options' test "$(header x-content-type-options)" = nosniff
check 'x-event-source' test "$(header x-event-source)" = inventory

# What a reader gets that comes back with a position, up to an event.
come_back() { # file, sku, curl's arguments...
  local file=$1 sku=$2
  shift 2
  curl -sSN -o "$work/$file" "$@" &
  reading+=($!)
  arrival "^data: {\"sku\":\"$sku\"}$" "$work/$file" "$(now_ms)" >/dev/null || true
}
told() { grep -o '"resume":"[a-z]*","missed":[0-9]*' "$work/$1" | tr -d '"' | tr '\n' ' '; }
skus() { sed -n 's/^data: {"sku":"\(.*\)"}$/\1/p' "$work/$1" | tr '\n' ' '; }
id_of() { sed -n 's/^id: //p' "$work/$1" | sed -n "$2p"; } # file, which one

id=$(id_of stream 2) # after that of sse.open
come_back header third -H "Last-Event-ID: $id" "$base/events/inventory"
check "by header: what came since, once ($(skus header))" test "$(skus header)" = 'second third '
check "and told so ($(told header))" test "$(told header)" = 'resume:exact,missed:0 '
come_back query third "$base/events/inventory?last_event_id=$id"
check "by query parameter as well ($(skus query))" test "$(skus query)" = 'second third '
come_back both third -H "Last-Event-ID: $(id_of stream 3)" "$base/events/inventory?last_event_id=$id"
check "the header is the newer of the two ($(skus both))" test "$(skus both)" = 'third '

publish one "$short"
curl -sSN --max-time 1 -o "$work/start" "$short/events/inventory" 2>/dev/null || true
for sku in two three four five six; do publish "$sku" "$short"; done
come_back gap six -H "Last-Event-ID: $(id_of start 1)" "$short/events/inventory"
check "a gap has its number ($(told gap))" test "$(told gap)" = 'resume:gap,missed:2 '
check "and what is kept comes ($(skus gap))" test "$(skus gap)" = 'four five six '

curl -sS -X POST -d 'one two three' -o "$work/complete" "$base/complete"
check 'a finite stream ends, and curl with it' grep -q '"reason":"complete"' "$work/complete"

exit "$failed"
