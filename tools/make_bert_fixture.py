#!/usr/bin/env python3
"""Writes tiny sentence encoders with random weights, and the tokens and vectors that they must give.

Usage: tools/make_bert_fixture.py [FOLDER]   (default: tests/data/encoders)

One encoder of each family that src/embedding/local runs, in the files that its publishers use. Tokens and vectors are
computed here, in double precision, from the papers and not from the C++ code: tests/embedding/encoder_fixture_test.cc
compares. Sizes are no multiples of a register's width, so that the ends of rows are tested. Weights come from a generator
written out below: the same bytes on every machine and with every NumPy.
"""

import json
import math
import sys
import unicodedata
from pathlib import Path

import numpy as np

HIDDEN, HEADS, LAYERS, INNER, POSITIONS, MAX_TOKENS = 20, 2, 2, 37, 40, 30

TEXTS = [
    "", " \t\n", "a", "the red apples", "The RED Apples!", "Café naïve Ünïcödé Straße İstanbul", "don't; (stop) [now]", "x" * 100, "x" * 101,
    "東京 red 日本語abc", "apples \U0001f34e red", "tab\tand\u00a0nbsp\u2003and\u200bzero\u0007bell\ufffdgone", "[CLS] is [MASK]ed [SEP]", "[cls] [UNK]",
    "redapples applesred", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen",
    "the " * 80, "12,345.67 + 8%", "—dash–…", "한국어 text", "e\u0301 combining", "ΑΒΓ σς Привет", "the red apples",
]

WORDS = ["the", "red", "apples", "is", "one", "two", "three", "stop", "now", "text", "##ed", "##pples", "##red", "naive", "cafe", "strasse",
         "and", "東", "日", "привет", "σ", "##ς", "ᄒ", "##ᅡ", "##ᆫ"]


def vocabulary(special):
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789")
    marks = list("!()[];'.,%+-—…")
    return special + [piece for piece in letters + ["##" + c for c in letters] + marks + WORDS]


class Random:
    """The multiplier of Knuth's MMIX over 64 bits."""

    def __init__(self, seed):
        self.state = seed

    def array(self, *shape, scale=1.0, mean=0.0):
        out = np.empty(int(np.prod(shape)), dtype=np.float64)
        for i in range(out.size):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
            out[i] = ((self.state >> 40) / 2**24 - 0.5) * 2 * scale + mean
        return out.reshape(shape)


# Tokens


def is_mark(c):
    return (c.isascii() and c.isprintable() and not c.isalnum() and c != " ") or unicodedata.category(c).startswith("P")


def is_ideograph(c):
    ranges = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]
    return any(low <= ord(c) <= high for low, high in ranges)


def words_of(text, lower):
    kept = [c for c in text if c in "\t\n\r" or not (c == "\ufffd" or unicodedata.category(c) in ("Cc", "Cf", "Co"))]
    spaced = "".join(f" {c} " if is_ideograph(c) else c for c in kept)
    if lower:
        spaced = "".join(c for c in unicodedata.normalize("NFD", spaced) if unicodedata.category(c) != "Mn")
        # The lower case of each character by itself: a sigma at the end of a word is like any other.
        spaced = "".join(c.lower() for c in spaced)
    return "".join(f" {c} " if is_mark(c) else c for c in spaced).split()


def pieces_of(word, numbers, unknown):
    if len(word) > 100:
        return [numbers[unknown]]
    out, begin = [], 0
    while begin < len(word):
        for end in range(len(word), begin, -1):
            piece = ("##" if begin else "") + word[begin:end]
            if piece in numbers:
                out.append(numbers[piece])
                begin = end
                break
        else:
            return [numbers[unknown]]
    return out


def tokens_of(text, numbers, special, lower):
    """special: the tokens [PAD], [UNK], [CLS], [SEP], [MASK] as the family calls them."""
    out, rest = [], text
    while rest:
        found = [(rest.find(token), token) for token in special if token in rest]
        at, token = min(found, key=lambda f: (f[0], -len(f[1]))) if found else (len(rest), "")
        for word in words_of(rest[:at], lower):
            out += pieces_of(word, numbers, special[1])
        if token:
            out.append(numbers[token])
        rest = rest[at + len(token):]
    return [numbers[special[2]]] + out[:MAX_TOKENS - 2] + [numbers[special[3]]], len(out) > MAX_TOKENS - 2


# Vectors


def layer_norm(x, weights, name, epsilon):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon) * weights[name + ".weight"] + weights[name + ".bias"]


def linear(x, weights, name):
    return x @ weights[name + ".weight"].T + weights.get(name + ".bias", 0)


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def silu(x):
    return x / (1 + np.exp(-x))


def bucket(distance):
    """Distances 0 to 7 have a bucket each, larger ones share eight more up to 128; tokens behind use the upper half."""
    size, side = abs(distance), 16 if distance > 0 else 0
    if size < 8:
        return side + size
    return side + min(8 + int(math.log(size / 8) / math.log(16) * 8 + 1e-9), 15)


def rotated(x):
    half = x.shape[1] // 2
    angles = np.outer(np.arange(x.shape[0]), 1000.0 ** (-np.arange(half) / half))
    low, high = x[:, :half], x[:, half:]
    return np.concatenate([low * np.cos(angles) - high * np.sin(angles), high * np.cos(angles) + low * np.sin(angles)], axis=1)


def attention(query, key, value, bias, rotate):
    size, out = HIDDEN // HEADS, []
    for head in range(HEADS):
        part = slice(head * size, (head + 1) * size)
        q, k = query[:, part], key[:, part]
        if rotate:
            q, k = rotated(q), rotated(k)
        scores = q @ k.T / math.sqrt(size) + bias[head]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        out.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, part])
    return np.concatenate(out, axis=1)


def bert_like(ids, weights, names, epsilon, offset=0, buckets=None):
    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][np.arange(len(ids)) + offset]
    if "embeddings.token_type_embeddings.weight" in weights:
        x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = layer_norm(x, weights, "embeddings.LayerNorm", epsilon)
    bias = [0] * HEADS
    if buckets is not None:
        bias = [np.array([[buckets[bucket(k - q), head] for k in range(len(ids))] for q in range(len(ids))]) for head in range(HEADS)]
    for layer in range(LAYERS):
        query, key, value, out, norm, inner, outer, last = (names["layers"].format(layer) + part for part in names["parts"])
        mixed = attention(linear(x, weights, query), linear(x, weights, key), linear(x, weights, value), bias, False)
        x = layer_norm(x + linear(mixed, weights, out), weights, norm, epsilon)
        x = layer_norm(x + linear(gelu(linear(x, weights, inner)), weights, outer), weights, last, epsilon)
    return x


def nomic(ids, weights, epsilon):
    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.token_type_embeddings.weight"][0]
    x = layer_norm(x, weights, "emb_ln", epsilon)
    for layer in range(LAYERS):
        at = f"encoder.layers.{layer}."
        query, key, value = np.split(linear(x, weights, at + "attn.Wqkv"), 3, axis=1)
        mixed = attention(query, key, value, [0] * HEADS, True)
        x = layer_norm(x + linear(mixed, weights, at + "attn.out_proj"), weights, at + "norm1", epsilon)
        gated = linear(x, weights, at + "mlp.fc11") * silu(linear(x, weights, at + "mlp.fc12"))
        x = layer_norm(x + linear(gated, weights, at + "mlp.fc2"), weights, at + "norm2", epsilon)
    return x


NAMES = {
    "bert": {"layers": "encoder.layer.{}.",
             "parts": ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
                       "intermediate.dense", "output.dense", "output.LayerNorm"]},
    "mpnet": {"layers": "encoder.layer.{}.",
              "parts": ["attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm", "intermediate.dense",
                        "output.dense", "output.LayerNorm"]},
    "distilbert": {"layers": "transformer.layer.{}.",
                   "parts": ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2",
                             "output_layer_norm"]},
}


# Weights


def add_norm(weights, random, name):
    weights[name + ".weight"] = random.array(HIDDEN, scale=0.3, mean=1.0)
    weights[name + ".bias"] = random.array(HIDDEN, scale=0.3)


def add_linear(weights, random, name, rows, columns, bias=True):
    weights[name + ".weight"] = random.array(rows, columns, scale=0.5)
    if bias:
        weights[name + ".bias"] = random.array(rows, scale=0.3)


def make_weights(family, tokens, random):
    weights = {"embeddings.word_embeddings.weight": random.array(tokens, HIDDEN)}
    if family != "nomic_bert":
        weights["embeddings.position_embeddings.weight"] = random.array(POSITIONS, HIDDEN)
    if family in ("bert", "nomic_bert"):
        weights["embeddings.token_type_embeddings.weight"] = random.array(2, HIDDEN)
    add_norm(weights, random, "emb_ln" if family == "nomic_bert" else "embeddings.LayerNorm")
    if family == "mpnet":
        weights["encoder.relative_attention_bias.weight"] = random.array(32, HEADS)
    for layer in range(LAYERS):
        if family == "nomic_bert":
            at = f"encoder.layers.{layer}."
            add_linear(weights, random, at + "attn.Wqkv", 3 * HIDDEN, HIDDEN, bias=False)
            add_linear(weights, random, at + "attn.out_proj", HIDDEN, HIDDEN, bias=False)
            add_linear(weights, random, at + "mlp.fc11", INNER, HIDDEN, bias=False)
            add_linear(weights, random, at + "mlp.fc12", INNER, HIDDEN, bias=False)
            add_linear(weights, random, at + "mlp.fc2", HIDDEN, INNER, bias=False)
            add_norm(weights, random, at + "norm1")
            add_norm(weights, random, at + "norm2")
            continue
        *hidden, norm, inner, outer, last = (NAMES[family]["layers"].format(layer) + part for part in NAMES[family]["parts"])
        for name in hidden:
            add_linear(weights, random, name, HIDDEN, HIDDEN)
        add_norm(weights, random, norm)
        add_linear(weights, random, inner, INNER, HIDDEN)
        add_linear(weights, random, outer, HIDDEN, INNER)
        add_norm(weights, random, last)
    return weights


def stored(values, dtype):
    """The bytes of a tensor, and the numbers that they stand for."""
    if dtype == "F32":
        out = values.astype("<f4")
        return out.tobytes(), out.astype(np.float64)
    if dtype == "F16":
        out = values.astype("<f2")
        return out.tobytes(), out.astype(np.float64)
    upper = (values.astype("<f4").view("<u4") >> 16).astype("<u2")
    return upper.tobytes(), (upper.astype("<u4") << 16).view("<f4").astype(np.float64)


def write_safetensors(path, weights, dtype, prefix):
    header, data, numbers = {"__metadata__": {"format": "pt"}}, b"", {}
    if dtype == "F32":
        # Some files hold the positions' own numbers; they are to be passed over.
        header[prefix + "embeddings.position_ids"] = {"dtype": "I64", "shape": [1, 4], "data_offsets": [0, 32]}
        data = np.arange(4, dtype="<i8").tobytes()
    for name, values in weights.items():
        piece, numbers[name] = stored(values, dtype)
        header[prefix + name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return numbers


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def config_of(family, tokens):
    if family == "nomic_bert":
        return {"model_type": "nomic_bert", "n_embd": HIDDEN, "n_layer": LAYERS, "n_head": HEADS, "n_inner": INNER, "n_positions": 64,
                "max_trained_positions": POSITIONS, "activation_function": "swiglu", "layer_norm_epsilon": 1e-12, "rotary_emb_base": 1000,
                "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "rotary_emb_scale_base": None, "prenorm": False, "qkv_proj_bias": False,
                "mlp_fc1_bias": False, "mlp_fc2_bias": False, "type_vocab_size": 2, "vocab_size": tokens}
    if family == "distilbert":
        return {"model_type": "distilbert", "dim": HIDDEN, "n_layers": LAYERS, "n_heads": HEADS, "hidden_dim": INNER, "activation": "gelu",
                "max_position_embeddings": POSITIONS, "vocab_size": tokens}
    config = {"model_type": family, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
              "hidden_act": "gelu", "layer_norm_eps": 1e-12 if family == "bert" else 1e-5, "max_position_embeddings": POSITIONS, "vocab_size": tokens}
    config.update({"type_vocab_size": 2} if family == "bert" else {"relative_attention_num_buckets": 32})
    return config


def tokenizer_json(numbers, special, lower):
    added = [{"id": numbers[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
             for token in special]
    return {"version": "1.0", "added_tokens": added,
            "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": lower},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "RobertaProcessing", "sep": [special[3], numbers[special[3]]], "cls": [special[2], numbers[special[2]]]},
            "model": {"type": "WordPiece", "unk_token": special[1], "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": numbers}}


def make(folder, family, seed, dtype, prefix, lower, first_token, normalise):
    special = ["<pad>", "[UNK]", "<s>", "</s>", "<mask>"] if family == "mpnet" else ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = vocabulary(special)
    numbers = {piece: number for number, piece in enumerate(pieces)}
    assert len(numbers) == len(pieces)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config_of(family, len(pieces)))
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": first_token,
                                                  "pooling_mode_mean_tokens": not first_token, "pooling_mode_max_tokens": False})
    modules = ["Transformer", "Pooling"] + ["Normalize"] * normalise
    paths = ["", "1_Pooling", "2_Normalize"]
    write_json(folder / "modules.json", [{"idx": i, "name": str(i), "path": paths[i], "type": "sentence_transformers.models." + name}
                                         for i, name in enumerate(modules)])
    if family == "bert":
        (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in pieces), encoding="utf-8")
        write_json(folder / "tokenizer_config.json", {"do_lower_case": lower, "model_max_length": 512})
    else:
        write_json(folder / "tokenizer.json", tokenizer_json(numbers, special, lower))
    weights = write_safetensors(folder / "model.safetensors", make_weights(family, len(pieces), Random(seed)), dtype, prefix)
    items = []
    for text in TEXTS:
        ids, cut = tokens_of(text, numbers, special, lower)
        if family == "nomic_bert":
            rows = nomic(ids, weights, 1e-12)
        else:
            rows = bert_like(ids, weights, NAMES[family], 1e-5 if family == "mpnet" else 1e-12, 2 if family == "mpnet" else 0,
                             weights.get("encoder.relative_attention_bias.weight"))
        vector = rows[0] if first_token else rows.mean(axis=0)
        if normalise:
            vector = vector / np.linalg.norm(vector)
        items.append({"text": text, "cut": cut, "ids": ids, "vector": [round(float(x), 7) for x in vector]})
    lines = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
    (folder / "reference.json").write_text('{"items": [\n' + lines + "\n]}\n", encoding="utf-8")


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "tests/data/encoders")
    make(folder / "bert", "bert", 1, "F32", "", lower=True, first_token=False, normalise=True)
    make(folder / "mpnet", "mpnet", 2, "F16", "mpnet.", lower=True, first_token=False, normalise=True)
    make(folder / "distilbert", "distilbert", 3, "F16", "distilbert.", lower=False, first_token=True, normalise=False)
    make(folder / "nomic", "nomic_bert", 4, "BF16", "", lower=True, first_token=False, normalise=True)


if __name__ == "__main__":
    main()
