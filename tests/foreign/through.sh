#!/usr/bin/env bash
# Reads streams of the demo through a proxy, with curl.
# Usage: through.sh PROXY NAME PORT RECORDED CERTIFICATE URL PID LOG
# where PORT leads to the demo and RECORDED to a server that answers with what it was asked,
# URL and PID are those of the demo itself, which is ended here, and LOG.log and LOG.report
# what it writes.
set -euo pipefail

proxy=$1 name=$2 port=$3 recorded=$4 certificate=$5 direct=$6 demo=$7 log=$8
base=https://$name
# What a buffer holds back comes with the heartbeat, after 15 s, or never.
at_once_ms=1000
# Longer than the 60 s that nginx waits for a server that says nothing.
quiet_s=70

work=$(mktemp -d)
reading=()
trap 'kill "${reading[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
failed=0

check() { # what, condition...
  local what=$1
  shift
  if "$@"; then echo "ok $proxy: $what"; else echo "FAILED $proxy: $what"; failed=1; fi
}

now_ms() { local now=$EPOCHREALTIME; echo $((${now/[.,]/} / 1000)); }

# Another address of the loopback, so that the client is not taken for the proxy.
through() { # port, arguments...
  exec curl -sSN --interface 127.0.0.2 --cacert "$certificate" \
    --connect-to "$name:443:127.0.0.1:$1" "${@:2}"
}
# `exec`, so that what is ended is curl itself; in a shell of its own, so that this one stays.
ask() { (through "$port" "$@"); }
ask_recorder() { (through "$recorded" "$@"); }

# Waits until a file shows a line. Answers how long that took since a moment.
arrival() { # pattern, file, since
  local end=$(($3 + 20000))
  until grep -q -- "$1" "$2" 2>/dev/null; do
    (($(now_ms) < end)) || return 1
    sleep 0.02
  done
  echo $(($(now_ms) - $3))
}
# shellcheck disable=SC2317 # by way of `check`
at_once() { [[ $1 != never ]] && (($1 < at_once_ms)); }

publish() { # sku
  ask --fail -o "$work/answer" -H 'content-type: application/json' \
    -d "{\"type\":\"sold_out\",\"sku\":\"$1\"}" "$base/events/inventory"
}
field() { python3 -c 'import json, sys
seen = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    seen = seen.get(key, "none")
print(seen)' "$@"; }

# ---- The request ------------------------------------------------------------------------

ask_recorder -o "$work/seen" -H 'Last-Event-ID: evt_0000' -H 'X-Request-ID: seen-1' \
  -H 'X-Forwarded-For: 203.0.113.9' "$base/path?last_event_id=evt_1111"
ask_recorder -o "$work/again" "$base/path"
header() { field "$work/seen" headers "$1"; }
check "the server is asked by HTTP/1.1" test "$(field "$work/seen" version)" = HTTP/1.1
check "without Connection: close ($(header connection))" test "$(header connection)" != close
check "by the same connection for the next request" \
  test "$(field "$work/seen" connection)" = "$(field "$work/again" connection)"
check "for the name that the client asked for ($(header host))" test "$(header host)" = "$name"
check "with its position" test "$(header last-event-id)" = evt_0000
check "with its query" test "$(field "$work/seen" path)" = '/path?last_event_id=evt_1111'
check "with its request id" test "$(header x-request-id)" = seen-1
forwarded=$(header x-forwarded-for)
check "and says last who the client is ($forwarded)" test "${forwarded##*, }" = 127.0.0.2

status() { ask -o "$work/refused" -w '%{http_code} %{content_type}' "$@" || echo failed; }
check 'the server itself answers to no other name' \
  test "$(curl -sS -o /dev/null -w '%{http_code}' "$direct/")" = 421
other=$(status --max-time 2 -H 'Host: other.example' "$base/events/inventory")
case $proxy in
  nginx | haproxy) check "nor through the proxy ($other)" test "${other%% *}" = 421 ;;
  *) check "nor through the proxy ($other)" test "${other##* }" != text/event-stream ;;
esac

# ---- A stream ---------------------------------------------------------------------------

since=$(now_ms)
through "$port" -D "$work/headers" -o "$work/stream" -H 'Accept-Encoding: gzip, br' \
  -H 'X-Request-ID: through-1' -H 'X-Forwarded-For: 203.0.113.9' "$base/events/inventory" &
reading+=($!)
took=$(arrival '^event: sse.open$' "$work/stream" "$since") || took=never
check "sse.open comes at once ($took ms)" at_once "$took"
for sku in first second third; do
  publish "$sku"
  took=$(arrival "^data: {\"sku\":\"$sku\"}$" "$work/stream" "$(now_ms)") || took=never
  check "the $sku event comes alone ($took ms)" at_once "$took"
done
answered() { tr -d '\r' <"$work/headers" | sed -n "s/^$1: //ip"; }
check 'by HTTP/2' grep -q '^HTTP/2 200' "$work/headers"
check 'as an event stream' test "$(answered content-type)" = text/event-stream
check 'not compressed' test -z "$(answered content-encoding)"
check 'not to be stored or changed' test "$(answered cache-control)" = 'no-store, no-transform'
check 'with its source' test "$(answered x-event-source)" = inventory
check 'with the request id of the client' test "$(answered x-request-id)" = through-1

since=$(now_ms)
kill "${reading[0]}"
took=$(arrival 'request_id="through-1".*reason="client"' "$log.log" "$since") || took=never
check "the server hears at once that the client left ($took ms)" at_once "$took"
check 'and knows who it was' grep -q 'request_id="through-1".*peer=127.0.0.2[ :}]' "$log.log"

# ---- A position -------------------------------------------------------------------------

id_of() { sed -n 's/^id: //p' "$work/stream" | sed -n "$1p"; }
told() { grep -o '"resume":"[a-z]*","missed":[0-9]*' "$work/$1" | tr -d '"' | tr '\n' ' '; }
skus() { sed -n 's/^data: {"sku":"\(.*\)"}$/\1/p' "$work/$1" | tr '\n' ' '; }
come_back() { # file, arguments...
  through "$port" -o "$work/$1" "${@:2}" &
  reading+=($!)
  arrival '^data: {"sku":"missed"}$' "$work/$1" "$(now_ms)" >/dev/null || true
  kill "${reading[-1]}"
}
publish missed
come_back header -H "Last-Event-ID: $(id_of 2)" "$base/events/inventory"
check "a client that comes back misses nothing ($(skus header))" \
  test "$(skus header)" = 'second third missed '
check "and is told so ($(told header))" test "$(told header)" = 'resume:exact,missed:0 '
come_back query --http1.1 "$base/events/inventory?last_event_id=$(id_of 3)"
check "by query and HTTP/1.1 as well ($(skus query))" test "$(skus query)" = 'third missed '
check "and is told so ($(told query))" test "$(told query)" = 'resume:exact,missed:0 '

# ---- A quiet stream, and its end --------------------------------------------------------

ended=0
: >"$work/beats"
{
  (through "$port" "$base/events/inventory") || ended=$?
  echo "ended $ended"
} > >(while IFS= read -r line; do
  echo "$line" >>"$work/quiet"
  [[ $line != ': ping' ]] || now_ms >>"$work/beats"
done) &
quiet=$!
sleep "$quiet_s"
mapfile -t beats <"$work/beats"
check "heartbeats come for $quiet_s s (${#beats[@]})" test "${#beats[@]}" -ge 4
for ((i = 1; i < ${#beats[@]}; i++)); do
  gap=$((beats[i] - beats[i - 1]))
  check "15 s apart ($gap ms)" test "$gap" -ge 14000 -a "$gap" -le 20000
done
check 'and nobody ends the stream' test "$(grep -c '^ended' "$work/quiet")" = 0

since=$(now_ms)
kill -TERM "$demo"
took=$(arrival '^event: sse.bye$' "$work/quiet" "$since") || took=never
check "a drain is told at once ($took ms)" at_once "$took"
wait "$quiet"
arrival '^ended' "$work/quiet" "$(now_ms)" >/dev/null || true
check 'with its reason' grep -q '^data: {"reason":"drain"}$' "$work/quiet"
check 'and a time to come back' grep -q '^retry: [0-9]*$' <(sed -n '/sse.bye/,$p' "$work/quiet")
check "after which the response ends as it should ($(tail -n 1 "$work/quiet"))" \
  test "$(tail -n 1 "$work/quiet")" = 'ended 0'
arrival ' cut, ' "$log.report" "$(now_ms)" >/dev/null || true
check "nobody was cut ($(cat "$log.report"))" grep -q '^1 stream, 0 cut' "$log.report"
gone=$(status --max-time 5 "$base/events/inventory")
# Either is a reason to try again.
[[ $proxy == haproxy ]] && none=503 || none=502
check "without a server the proxy says so ($gone)" test "${gone%% *}" = "$none"

exit "$failed"
