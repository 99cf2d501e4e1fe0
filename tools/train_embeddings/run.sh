#!/usr/bin/env bash
# Trains the built-in embedding model from a corpus and measures it:
#
#   tools/train_embeddings/run.sh CORPUS_DIR OUT.model [--option value…]
#
# or measures one that is there:
#
#   tools/train_embeddings/run.sh --evaluate CORPUS_DIR MODEL
#
# or trains twice on every fortieth pair, in seconds, and fails unless both runs give the same file, bit for bit, another
# seed gives another one, and the model is better than none:
#
#   tools/train_embeddings/run.sh --smoke CORPUS_DIR
#
# CORPUS_DIR holds pairs.jsonl.zst (or pairs.jsonl) and eval/stsb-en-dev.csv. Needs what ./dev setup installs and zstd.
# Options go to the training program; README.md lists them.
set -euo pipefail
programs=(evaluate_embeddings train_embeddings)
if [ "${1-}" = --evaluate ]; then
  programs=(evaluate_embeddings)
  shift
fi
smoke=
if [ "${1-}" = --smoke ] && [ $# = 2 ]; then
  smoke=1
  programs=(train_embeddings)
  set -- "$2" smoke.model
fi
if [ $# -lt 2 ]; then
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
fi
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
corpus=$(cd "$1" && pwd)
out=$(readlink -f "$2")
shift 2

build=$root/build/train
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DREM_BENCH=OFF -DREM_PYTHON=OFF -DREM_TESTS=OFF \
  -DREM_TRAINING=ON >/dev/null
cmake --build "$build" --target "${programs[@]}" -j "${JOBS:-2}"

pairs=$corpus/pairs.jsonl
if [ ! -f "$pairs" ]; then
  pairs=$build/pairs.jsonl
  [ "$pairs" -nt "$corpus/pairs.jsonl.zst" ] || zstd -dfq --long=27 "$corpus/pairs.jsonl.zst" -o "$pairs"
fi
sts=$corpus/eval/stsb-en-dev.csv
if [ -n "$smoke" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  awk 'NR % 40 == 0' "$pairs" >"$folder/pairs.jsonl"
  train() { # SEED OUT
    "$build/bin/train_embeddings" --corpus "$folder/pairs.jsonl" --sources "$here/sources.txt" --sts "$sts" \
      --tokens 8000 --pieces 2000 --dimension 64 --epochs 1 --batch 256 --seed "$1" --out "$folder/$2" 2>"$folder/log" ||
      { cat "$folder/log" >&2; return 1; }
  }
  train 1 first.model | tee "$folder/report"
  awk -F'|' '/^[|] builtin/ { good = $3 > 0.6 } END { exit !good }' "$folder/report" ||
    { echo "error: the model is no good" >&2; exit 1; }
  train 1 second.model >/dev/null
  train 2 other.model >/dev/null
  cmp "$folder/first.model" "$folder/second.model"
  if cmp -s "$folder/first.model" "$folder/other.model"; then
    echo "error: the seed decides nothing" >&2
    exit 1
  fi
  echo "two runs from one seed gave the same $(stat -c %s "$folder/first.model") bytes: $(sha256sum <"$folder/first.model" | cut -c1-16)"
  exit 0
fi
if [ ${#programs[@]} = 2 ]; then
  "$build/bin/train_embeddings" --corpus "$pairs" --sources "$here/sources.txt" --sts "$sts" --out "$out" "$@"
fi
"$build/bin/evaluate_embeddings" "$out" "$pairs" "$here/sources.txt" "$sts"
