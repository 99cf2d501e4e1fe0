"""Reads the sqllogictest files of tests/slt as tests/sql/slt_reader.h describes them, and turns their tables into
PostgreSQL's."""

import json
import re
from dataclasses import dataclass, field


@dataclass
class Record:
    kind: str  # "rem-schema", "rem-insert", "ok", "error", "query"
    line: int
    name: str = ""  # Table, or SQLSTATE of "error".
    types: str = ""
    order: str = "nosort"
    text: str = ""
    expected: list = field(default_factory=list)


def blocks(path):
    """(line number, lines) of each group of lines between empty ones; comment lines outside text are dropped."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    block, start = [], 0
    for number, line in enumerate(lines + [""], 1):
        line = line.rstrip("\r")
        if line and not block and line.startswith("#"):
            continue
        if line:
            if not block:
                start = number
            block.append(line)
        elif block:
            yield start, block
            block = []


def read(path, setting):
    """Records that hold for `setting`: behind `skipif setting` they are left out, behind `onlyif other` too."""
    records = []
    for line, block in blocks(path):
        skip = False
        while block and re.match(r"(skipif|onlyif|#)", block[0]):
            words = block.pop(0).split()
            if words[0] in ("skipif", "onlyif"):
                skip |= (words[0] == "skipif") == (words[1] == setting)
        if not block:
            continue
        words = block[0].split()
        if words[0] == "halt":
            break
        if skip:
            continue
        split = block.index("----") if "----" in block else len(block)
        text = "\n".join(block[1:split])
        if words[0] == "query":
            records.append(Record("query", line, types=words[1], order=words[2] if len(words) > 2 else "nosort", text=text,
                                  expected=block[split + 1:]))
        elif words[0] == "statement":
            records.append(Record(words[1], line, name=words[2] if len(words) > 2 else "", text=text))
        else:
            records.append(Record(words[0], line, name=words[1], text=text))
    return records


def column_type(schema):
    """PostgreSQL's type for a property, or None for a vector, which PostgreSQL lacks."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next(iter([k for k in kind if k != "null"]), None)
    if "vector" in schema:
        return None
    if kind == "string":
        return {"date-time": "timestamptz", "uuid": "uuid", "date": "date", "time": "time"}.get(schema.get("format"), "text")
    return {"integer": "bigint", "number": "double precision", "boolean": "boolean"}.get(kind, "jsonb")


def columns(schema):
    names = schema.get("x-rem-property-order") or list(schema["properties"])
    typed = [(name, column_type(schema["properties"][name])) for name in names]
    return [(name, kind) for name, kind in typed if kind]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def create_table(name, schema):
    body = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns(schema))
    return f"CREATE TABLE {quoted(name)} ({body})"


def insert(name, record):
    document = json.dumps(record).replace("'", "''")
    return f"INSERT INTO {quoted(name)} SELECT * FROM jsonb_populate_record(NULL::{quoted(name)}, '{document}'::jsonb)"
