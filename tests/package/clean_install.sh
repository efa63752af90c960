#!/bin/sh
# The install as a stranger does it: an environment of its own, from another folder, out of git. Takes some minutes and
# the package index, so it is run by hand: sh tests/package/clean_install.sh
set -e
repository=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'test -z "$server" || kill $server 2> /dev/null; rm -rf "$folder"' EXIT
cd "$folder"
${PYTHON:-python3} -m venv env
env/bin/pip install --quiet --disable-pip-version-check "whetstone[app] @ git+file://$repository"
echo "raise SystemExit('the core of somebody else')" > core.py # what stands here must not be taken for ours
export PATH="$folder/env/bin:$PATH" STREAMLIT_SERVER_PORT=${PORT:-8599}
whetstone --version
python -c "import whetstone, sys; print('imported', len(sys.modules), 'modules'); assert 'pandas' not in sys.modules"
samples=$(python -c "from whetstone.core.samples import FOLDER; print(FOLDER)")
whetstone tune "$samples/five_topics.csv" --out prompt.json
whetstone classify "$samples/five_topics.csv" labelled.csv --prompt prompt.json
test "$(wc -l < labelled.csv)" -eq 25
app=$(python -c "import whetstone; print(whetstone.__path__[0] + '/streamlit_app.py')")
streamlit run "$app" > server.log 2>&1 &
server=$!
for second in $(seq 60); do
  sleep 1
  test "$(python -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$STREAMLIT_SERVER_PORT/_stcore/health').read().decode())" 2> /dev/null)" = ok && break
done
test "$second" -lt 60 && echo "The dashboard answers." || { cat server.log; exit 1; }
