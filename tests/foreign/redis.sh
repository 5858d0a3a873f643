#!/usr/bin/env bash
# Runs the tests of the store on Redis: each starts a server of its own, on a free port and in a
# folder that it removes, and some kill it. Without `redis-server` Debian's package is installed,
# which needs a network; where that fails, so does this.
#
# Usage: tests/foreign/redis.sh           the tests
#        tests/foreign/redis.sh figures   how fast it is, in a release build
#        tests/foreign/redis.sh storm     three processes, a hundred clients and twenty kills
# SSE_REDIS_SERVER names another program than that of the machine.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=common.sh
. ./common.sh

server=${SSE_REDIS_SERVER:-redis-server}
command -v "$server" >/dev/null || install redis-server
SSE_REDIS_SERVER=$(command -v "$server")
export SSE_REDIS_SERVER
"$SSE_REDIS_SERVER" --version

case ${1:-tests} in
tests)
  cargo test --quiet --package sse-tests --test redis_store --no-run
  # A certificate for the one that speaks TLS, which the store finds where roots are looked for:
  # not before everything is built, because cargo looks there too.
  export SSE_REDIS_CERTIFICATE=$work SSL_CERT_FILE=$work/certificate.pem
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
    -keyout "$work/key.pem" -out "$work/certificate.pem" 2>"$work/openssl" ||
    { cat "$work/openssl" >&2; exit 1; }
  cargo test --quiet --package sse-tests --test redis_store -- --nocapture | tee "$work/out"
  # What found no server would pass as well.
  if grep -q 'no Redis to test against' "$work/out"; then
    echo 'FAILED the tests found no server' >&2
    exit 1
  fi
  ;;
figures)
  cargo test --release --quiet --package sse-tests --test redis_store -- \
    figures:: --ignored --nocapture --test-threads 1
  ;;
storm)
  cargo test --quiet --package sse-tests --test redis_store -- \
    storm:: --skip storm::node --ignored --nocapture --test-threads 1
  ;;
*)
  echo "usage: $0 [figures|storm]" >&2
  exit 2
  ;;
esac
