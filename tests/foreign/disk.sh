#!/usr/bin/env bash
# Runs the tests of the store in a file that want a disk of their own: one that gets full, and one
# that may no longer be written to. It is a small file system in memory, which takes a right to
# mount; it is mounted where only this script sees it.
#
# Usage: tests/foreign/disk.sh
set -euo pipefail
cd "$(dirname "$0")"

if [ "${1:-}" != inside ]; then
  cargo test --quiet --package sse-tests --test sqlite_store --no-run
  exec unshare --mount bash "$(basename "$0")" inside
fi

SSE_SMALL_DISK=$(mktemp -d)
export SSE_SMALL_DISK
trap 'umount "$SSE_SMALL_DISK"; rmdir "$SSE_SMALL_DISK"' EXIT
mount -t tmpfs -o size=8m none "$SSE_SMALL_DISK"
cargo test --quiet --package sse-tests --test sqlite_store -- disk:: --test-threads 1
# What found no disk would pass as well.
for folder in full read-only; do
  [ -f "$SSE_SMALL_DISK/$folder/said.db" ] || { echo "FAILED no test used $folder" >&2; exit 1; }
done
echo "ok a disk that is full, and one that is read-only"
