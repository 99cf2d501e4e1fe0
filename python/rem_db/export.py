"""Writes a table's records to a file."""

import csv
import json
import os

from .schema import schema_from_table

_SYSTEM_COLUMNS = ("created_at", "modified_at")


def export_records(session, table, path, format):
    """Writes the live records of a table as "jsonl" or "csv"; see Database.export. Returns their number."""
    if format not in ("jsonl", "csv"):
        raise ValueError(f'unknown export format "{format}"; use "jsonl" or "csv"')
    schema = schema_from_table(session.get_table(table))
    path = os.fspath(path)
    # Under another name first: a full disk or an interrupt must not leave half a file that looks whole.
    unfinished = path + ".part"
    try:
        with open(unfinished, "w", encoding="utf-8", newline="") as file:
            count = (_write_jsonl if format == "jsonl" else _write_csv)(session, table, schema, file)
        os.replace(unfinished, path)
    except BaseException:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
        raise
    return count


def _write_jsonl(session, table, schema, file):
    count = 0

    def write(records):
        nonlocal count
        count += len(records)
        for record in records:
            flat = record.flat()
            del flat["deleted_at"]
            file.write(json.dumps(flat, ensure_ascii=False) + "\n")

    session.scan(table, write)
    return count


def _write_csv(session, table, schema, file):
    vectors = {name for name, column in schema.properties.items() if isinstance(column, dict) and column.get("vector")}
    columns = ["id", *(name for name in schema.properties if name not in vectors and name != "id")]
    columns += [name for name in _SYSTEM_COLUMNS if name not in columns]
    writer = csv.writer(file)
    writer.writerow(columns)
    count = 0

    def write(records):
        nonlocal count
        count += len(records)
        for record in records:
            flat = record.flat()
            writer.writerow([_cell(flat.get(column)) for column in columns])

    session.scan(table, write)
    return count


def _cell(value):
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
