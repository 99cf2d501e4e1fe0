#!/usr/bin/env bash
# Loads what every Debian machine has, its package catalogue, and this project's own pages into a fresh database under
# build/demo, and asks it questions. Needs a release build; `./dev demo` makes one first.
set -euo pipefail
cd "$(dirname "$0")/.."

BIN_DIR=$(cd "${REM_DEMO_BIN_DIR:-build/release/bin}" 2>/dev/null && pwd) || true
if [[ ! -x "$BIN_DIR/rem-db" ]]; then
  echo "error: there is no build/release/bin/rem-db" >&2
  echo "hint: run ./dev build" >&2
  exit 1
fi
export PATH="$BIN_DIR:$PATH"
export P8_DB_PATH="$PWD/build/demo/db"
unset P8_TENANT_ID
python=/usr/bin/python3

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then bold=$'\e[1m' reset=$'\e[0m'; else bold= reset=; fi

say() { printf '\n%s# %s%s\n' "$bold" "$1" "$reset"; }

# Shows a command as one would type it, then runs it. The commands are ours, so eval sees nothing foreign.
run() {
  printf '\n%s$ %s%s\n' "$bold" "$1" "$reset"
  eval "$1"
}

rm -rf build/demo
mkdir -p build/demo

say "A database of its own"
printf '$ export PATH="%s:$PATH" P8_DB_PATH="%s"\n' "$BIN_DIR" "$P8_DB_PATH"
run "rem-db init"

say "The package catalogue of this machine, validated against a JSON Schema, indexed and embedded as it comes"
run "rem-db schema add examples/packages.schema.yaml"
started=$SECONDS
run "$python tools/apt_catalogue.py | rem-db insert packages - --rejects build/demo/packages.rejects.jsonl" || [[ -s build/demo/packages.rejects.jsonl ]]
echo "($((SECONDS - started)) s)"
if [[ -s build/demo/packages.rejects.jsonl ]]; then
  echo "Refused lines are in build/demo/packages.rejects.jsonl; the first one:"
  head -n 1 build/demo/packages.rejects.jsonl | cut -c 1-300
fi

say "The project's own pages, one record for each section"
run "$python tools/docs_to_resources.py \$(find docs README.md ARCHITECTURE.md -name '*.md' 2>/dev/null | sort) | rem-db insert resources - --rejects build/demo/resources.rejects.jsonl"
run "rem-db info"

say "SQL"
run "rem-db sql \"SELECT count(*) AS packages, sum(installed_size) AS kilobytes, max(installed_size) AS largest, avg(installed_size) AS average FROM packages\""
run "rem-db sql \"SELECT count(*) AS games, sum(installed_size) AS kilobytes FROM packages WHERE section = 'games';
            SELECT count(*) AS graphics, sum(installed_size) AS kilobytes FROM packages WHERE section = 'graphics';
            SELECT count(*) AS python, sum(installed_size) AS kilobytes FROM packages WHERE section = 'python'\""
run "rem-db sql \"SELECT name, installed_size, description FROM packages WHERE section = 'games' AND installed_size > 100000 ORDER BY installed_size DESC LIMIT 5\""
run "rem-db sql \"SELECT name, version, section FROM packages WHERE name LIKE 'jpeg%' AND priority IN ('optional', 'extra') ORDER BY name\" -o csv"

say "A record by its name, and as JSON"
run "rem-db lookup jpegoptim --json"

say "Search by meaning, with the model that comes with REM DB"
run "rem-db query \"shrink photos on the command line\" --table packages --top-k 8"
run "rem-db sql \"SELECT name, description, embedding.cosine('shrink photos on the command line') AS score FROM packages WHERE section = 'graphics' AND embedding.cosine('shrink photos on the command line') LIMIT 5\""
run "rem-db query \"where do refused lines go when records are loaded\" --table resources --top-k 3"

say "Bad input is told, and changes nothing"
run "rem-db sql \"SELECT name FROM packages WHERE sectoin = 'games'\"" || true
run "rem-db insert packages --data '{\"name\": \"broken\", \"version\": 1, \"description\": \"a number is no version\"}'" || true

say "Try next"
cat <<TEXT
export PATH="$BIN_DIR:\$PATH" P8_DB_PATH="$P8_DB_PATH"
source <(rem-db completion bash)
rem-db --help
rem-db schemas
rem-db sql "SELECT * FROM packages WHERE name = 'git'" -o json
rem-db sql "SELECT name, homepage FROM packages WHERE section = 'science'" -o csv > build/demo/science.csv
rem-db query "play music from a terminal" --table packages
rem-db insert resources --data '{"name": "note", "content": "The demo worked"}'
rem-db export packages --file build/demo/packages.jsonl
rem-db import build/demo/packages.jsonl --tenant copy
rem-db tenants
TEXT
