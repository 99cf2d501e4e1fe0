#!/usr/bin/env python3
"""Writes first inputs for a fuzz target into a folder: tools/fuzz_seeds.py TARGET FOLDER.

SQL begins with the statements of tests/slt, the schema and JSON targets with its schemas and records; the other targets begin with nothing.
"""

import glob
import hashlib
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools", "sql_check"))
import slt_file  # noqa: E402

SCHEMAS = [
    {"$ref": "#/$defs/a", "$defs": {"a": {"type": ["integer", "null"], "multipleOf": 0.5, "exclusiveMinimum": -1}}},
    {"prefixItems": [{"const": 1}], "items": {"pattern": "^a+$"}, "contains": {"minLength": 1}, "unevaluatedItems": False, "uniqueItems": True},
    {"properties": {"a": {"format": "date-time"}}, "patternProperties": {"^x": True}, "unevaluatedProperties": {"$dynamicRef": "#n"}, "$dynamicAnchor": "n"},
    {"$schema": "http://json-schema.org/draft-07/schema#", "if": {"required": ["a"]}, "then": {"dependencies": {"a": ["b"]}}, "else": False},
    {"oneOf": [{"enum": [1, "a", None]}, {"not": {"minProperties": 2}}], "propertyNames": {"maxLength": 3}, "dependentRequired": {"a": ["b"]}},
]


def records():
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "slt", "**", "*.slt"), recursive=True)):
        yield from slt_file.read(path, "rem")


def seeds(target):
    if target == "sql":
        return [record.text for record in records() if record.kind in ("ok", "error", "query")]
    texts = [record.text for record in records() if record.kind in ("rem-schema", "rem-insert")]
    if target == "json_reader":
        return [line for text in texts for line in text.split("\n")]
    if target == "schema":
        # The target takes the first half for the schema and the second for the instance.
        pairs = [(json.dumps(schema), json.dumps({"a": [1, "x", None], "b": {"xa": 1.5}})) for schema in SCHEMAS]
        return [a.ljust(max(len(a), len(b))) + b.rjust(max(len(a), len(b))) for a, b in pairs]
    return []


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    for text in seeds(sys.argv[1]):
        data = text.encode()
        with open(os.path.join(sys.argv[2], "seed-" + hashlib.sha1(data).hexdigest()), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
