#!/usr/bin/env bash
# Trains the built-in embedding model from a corpus and measures it:
#
#   tools/train_embeddings/run.sh CORPUS_DIR OUT.model [--option value…]
#
# or measures one that is there:
#
#   tools/train_embeddings/run.sh --evaluate CORPUS_DIR MODEL
#
# CORPUS_DIR holds pairs.jsonl.zst (or pairs.jsonl) and eval/stsb-en-dev.csv. Needs what ./dev setup installs and zstd.
# Options go to the training program; README.md lists them.
set -euo pipefail
programs=(evaluate_embeddings train_embeddings)
if [ "${1-}" = --evaluate ]; then
  programs=(evaluate_embeddings)
  shift
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
if [ ${#programs[@]} = 2 ]; then
  "$build/bin/train_embeddings" --corpus "$pairs" --sources "$here/sources.txt" --sts "$sts" --out "$out" "$@"
fi
"$build/bin/evaluate_embeddings" "$out" "$pairs" "$here/sources.txt" "$sts"
