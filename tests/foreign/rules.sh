#!/usr/bin/env bash
# Checks the alert rules with the tool of Prometheus: that they can be read, and that each alert
# fires where it should. Without `promtool` Debian's package is fetched, which needs a network;
# where that fails, so does this.
#
# Usage: tests/foreign/rules.sh
set -euo pipefail
cd "$(dirname "$0")"

ops=../../sse-runtime/ops
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=common.sh
. ./common.sh

# Unpacked, not installed: one program is needed, and the package would start a service.
fetch() { (cd "$work" && apt-get download -qq prometheus) >"$work/apt" 2>&1; }

if ! promtool=$(command -v promtool); then
  fetch || { as_root apt-get update -qq && fetch; } || { cat "$work/apt" >&2; exit 1; }
  dpkg-deb --extract "$work"/prometheus_*.deb "$work/prometheus"
  promtool=$work/prometheus/usr/bin/promtool
fi
"$promtool" --version 2>&1 | head -n 1

"$promtool" check rules "$ops/alerts.yml"
"$promtool" test rules "$ops/alerts_test.yml"

# The queries of the dashboard and of the run books, as rules, so that they are read too.
python3 - "$ops" "$work/queries.yml" <<'PYTHON'
import json, re, sys
ops, path = sys.argv[1:]
board = json.load(open(f"{ops}/dashboard.json"))
drawn = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
asked = re.findall(r"^```promql\n(.*?)^```$", open(f"{ops}/runbooks.md").read(), re.M | re.S)
if not drawn or not asked:
    sys.exit("there are no queries")
for variable, value in {"__rate_interval": "1m", "quantile": "0.99"}.items():
    drawn = [query.replace(f"${variable}", value) for query in drawn]
rules = [{"record": f"query:{at}", "expr": query} for at, query in enumerate(drawn + asked)]
# What is JSON is YAML as well.
json.dump({"groups": [{"name": "queries", "rules": rules}]}, open(path, "w"))
PYTHON
"$promtool" check rules "$work/queries.yml"

# What finds nothing might not have looked: a threshold that moved has to be noticed.
cp "$ops/alerts_test.yml" "$work"
sed 's/> 1\.5$/> 15/' "$ops/alerts.yml" >"$work/alerts.yml"
if cmp -s "$ops/alerts.yml" "$work/alerts.yml" ||
  "$promtool" test rules "$work/alerts_test.yml" >"$work/out" 2>&1; then
  echo 'FAILED the tests of the rules do not notice another threshold' >&2
  exit 1
fi
echo 'ok: a threshold that moved is noticed'
