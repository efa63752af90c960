#!/bin/sh
# The install as a stranger does it: an environment of its own, from another folder, out of git. Takes some minutes and
# the package index, so it is run by hand: sh tests/package/clean_install.sh
set -e
repository=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'test -z "$server" || kill $server 2> /dev/null; rm -rf "$folder"' EXIT
cd "$folder"
${PYTHON:-python3} -m venv env
env/bin/pip install --quiet --disable-pip-version-check --upgrade pip # 23.2 takes no git+file with an extra
env/bin/pip install --quiet "whetstone[app] @ git+file://$repository"
echo "raise SystemExit('the core of somebody else')" > core.py # what stands here must not be taken for ours
export PATH="$folder/env/bin:$PATH" PORT="${PORT:-8599}"
whetstone --version
python -c "import whetstone, sys; assert 'pandas' not in sys.modules, 'import whetstone must be light'"
python -c "from whetstone import sample, tune; run = tune(sample('five_topics').path, iterations=1); print(repr(run)); print(run.predict('fix a typo'))"
samples=$(python -c "from whetstone.core.samples import FOLDER; print(FOLDER)")
whetstone tune "$samples/five_topics.csv" --out prompt.json
whetstone classify "$samples/five_topics.csv" labelled.csv --prompt prompt.json
test "$(wc -l < labelled.csv)" -eq 25
whetstone app --port "$PORT" > server.log 2>&1 &
server=$!
for second in $(seq 60); do
  sleep 1
  test "$(python -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$PORT/_stcore/health').read().decode())" 2> /dev/null)" = ok && break
done
test "$second" -lt 60 && echo "The dashboard answers." || { cat server.log; exit 1; }
