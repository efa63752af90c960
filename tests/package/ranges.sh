#!/bin/sh
# The tests in an environment of its own with the lowest or the newest releases that requirements.txt allows (some minutes):
# sh tests/package/ranges.sh lowest|newest [TEST …]
set -e
cd "$(dirname "$0")/../.."
which=${1:?lowest or newest}
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
touch "$folder/pins"
if [ "$which" = lowest ]; then
  sed -nE 's/^([A-Za-z0-9_.-]+)(\[[a-z]*\])?>=([0-9.]+),.*/\1==\3/p' requirements.txt > "$folder/pins"
fi
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check -c "$folder/pins" -r requirements-dev.txt
"$folder/venv/bin/python" -m pip list --format=freeze | grep -iE "$(cut -d= -f1 "$folder/pins" | paste -sd'|')" || true
"$folder/venv/bin/python" -m pytest -q ${@:-tests/core}
