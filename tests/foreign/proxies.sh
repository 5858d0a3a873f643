#!/usr/bin/env bash
# Puts nginx, Caddy and HAProxy in front of the demo, by the configurations that the guide
# prints, and reads streams through them. Installs what is missing, which needs a network and on Debian
# root; a proxy that cannot run is a failure, not a gap.
#
# Usage: tests/foreign/proxies.sh
set -euo pipefail
cd "$(dirname "$0")"

guide=../../sse-runtime/docs/running.md
# The names and addresses that the guide has in its configurations.
name=shop.example
upstream=127.0.0.1:3000
certificates=/etc/ssl/$name
both=/etc/haproxy/$name.pem # certificate and key in one

work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=common.sh
. ./common.sh
# Where Debian is told not to start what it installs.
policy=/usr/sbin/policy-rc.d
wrote_policy=
stop() {
  ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
  wait
  [[ -z $wrote_policy ]] || as_root rm -f "$policy"
  rm -rf "$work"
}
trap stop EXIT

# ---- What is needed ---------------------------------------------------------------------

missing=()
command -v curl >/dev/null || missing+=(curl)
command -v openssl >/dev/null || missing+=(openssl)
PATH=$PATH:/usr/sbin # where Debian has nginx, and not everybody looks
command -v nginx >/dev/null || missing+=(nginx-light)
command -v caddy >/dev/null || missing+=(caddy)
command -v haproxy >/dev/null || missing+=(haproxy)
if ((${#missing[@]} > 0)); then
  # They are run here, from a folder of their own. Debian would start them as services too.
  if [[ ! -e $policy ]]; then
    wrote_policy=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  install "${missing[@]}"
fi

build_demo

# A proxy needs no rights beyond its folder. Where this is root, it has to do without them.
proxies=$work/proxies
mkdir "$proxies"
unprivileged() { # for `&`: the process that it starts is the proxy itself
  if [[ $(id -u) == 0 ]]; then
    exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
  fi
  exec "$@"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
  -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
  -keyout "$proxies/$name.key" -out "$proxies/$name.pem" 2>"$work/openssl" ||
  { cat "$work/openssl" >&2; exit 1; }
cat "$proxies/$name.pem" "$proxies/$name.key" >"$proxies/both.pem"

free_ports() { # how many
  python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

# ---- The configurations of the guide ----------------------------------------------------

# The one block of the guide in this language.
block() { # language
  python3 - "$guide" "$1" <<'PYTHON'
import re, sys
path, language = sys.argv[1:]
blocks = re.findall(rf"^```{language}\n(.*?)^```$", open(path).read(), re.M | re.S)
if len(blocks) != 1:
    sys.exit(f"{path} has {len(blocks)} blocks of {language}, and one is looked for")
print(blocks[0], end="")
PYTHON
}

# A line as the guide has it, for another one. What is not there has changed in the guide.
replace() { # file, text, other text
  grep -qF -- "$2" "$1" || { echo "FAILED $guide does not say: $2" >&2; return 1; }
  python3 - "$@" <<'PYTHON'
import sys
path, old, new = sys.argv[1:]
text = open(path).read().replace(old, new)
open(path, "w").write(text)
PYTHON
}

# Each starts a proxy on a free port, in front of an address. Sets `port`.
start_nginx() { # name of its folder, address
  local folder=$proxies/$1
  mkdir "$folder"
  block nginx >"$folder/site.conf"
  read -r port < <(free_ports 1)
  replace "$folder/site.conf" 'listen 443 ' "listen 127.0.0.1:$port "
  replace "$folder/site.conf" "$upstream" "$2"
  replace "$folder/site.conf" "$certificates" "$proxies/$name"
  cat >"$folder/nginx.conf" <<CONFIG
daemon off;
pid $folder/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    scgi_temp_path $folder/scgi;
    uwsgi_temp_path $folder/uwsgi;
    include $folder/site.conf;
}
CONFIG
  run_proxy "$1" nginx -p "$folder" -e stderr -c "$folder/nginx.conf"
}

start_caddy() { # name of its folder, address
  local folder=$proxies/$1 plain
  mkdir "$folder"
  block caddyfile >"$folder/Caddyfile"
  read -r port plain < <(free_ports 2)
  replace "$folder/Caddyfile" "$upstream" "$2"
  replace "$folder/Caddyfile" "$certificates" "$proxies/$name"
  # What a configuration says of all sites stands first in it, in braces.
  replace "$folder/Caddyfile" 'grace_period ' "admin off
	default_bind 127.0.0.1
	http_port $plain
	https_port $port
	grace_period "
  HOME=$folder XDG_DATA_HOME=$folder XDG_CONFIG_HOME=$folder \
    run_proxy "$1" caddy run --config "$folder/Caddyfile" --adapter caddyfile
}

start_haproxy() { # name of its folder, address
  local folder=$proxies/$1
  mkdir "$folder"
  block haproxy >"$folder/haproxy.cfg"
  read -r port < <(free_ports 1)
  replace "$folder/haproxy.cfg" 'bind :443 ' "bind 127.0.0.1:$port "
  replace "$folder/haproxy.cfg" "$upstream" "$2"
  replace "$folder/haproxy.cfg" "$both" "$proxies/both.pem"
  run_proxy "$1" haproxy -db -f "$folder/haproxy.cfg"
}

run_proxy() { # name of its log, command...
  [[ $(id -u) != 0 ]] || chown -R 65534:65534 "$proxies"
  chmod 711 "$work"
  unprivileged "${@:2}" >"$work/$1.log" 2>&1 &
  started+=($!)
  local proxy=$! _
  for _ in {1..200}; do
    if ! kill -0 "$proxy" 2>/dev/null; then break; fi
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  echo "FAILED $1 does not start" >&2
  cat "$work/$1.log" >&2
  return 1
}

# ---- The checks -------------------------------------------------------------------------

# What the guide says that the server is told, for a proxy on its machine.
cat >"$work/demo.toml" <<CONFIG
[serve]
allowed_hosts = ["$name"]
trusted_proxies = ["127.0.0.1"]
CONFIG

# A server that answers with what it was asked, to see what a proxy makes of a request.
: >"$work/recorder" # there before it is looked at
python3 recorder.py >"$work/recorder" &
started+=($!)
for _ in {1..200}; do
  if read -r recorder <"$work/recorder"; then break; fi
  sleep 0.05
done

checks=()
for proxy in nginx caddy haproxy; do
  start_demo "demo-$proxy" --config "$work/demo.toml"
  demo_pid=${started[-1]}
  "start_$proxy" "$proxy" "${url#http://}"
  streams=$port
  "start_$proxy" "$proxy-recorded" "127.0.0.1:$recorder"
  # All at once: each waits longer than a proxy does for a server that says nothing.
  timeout --kill-after=5 140 ./through.sh "$proxy" "$name" "$streams" "$port" \
    "$proxies/$name.pem" "$url" "$demo_pid" "$work/demo-$proxy" >"$work/$proxy.out" 2>&1 &
  checks+=($!)
  started+=($!)
done

for proxy in nginx caddy haproxy; do
  echo "== through $proxy"
  code=0
  wait "${checks[0]}" || code=$?
  checks=("${checks[@]:1}")
  cat "$work/$proxy.out"
  count "$proxy" "$work/$proxy.out" "$code"
  if grep -q '^FAILED ' "$work/$proxy.out"; then cat "$work/$proxy.log"; fi
done

echo "$passed passed, $failed failed"
((failed == 0))
