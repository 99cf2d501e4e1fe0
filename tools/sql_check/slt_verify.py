#!/usr/bin/env python3
"""Runs the files of tests/slt on a real PostgreSQL and compares its answers with the expected ones.

    tools/sql_check/slt_verify.py [FILE...]

`onlyif rem` above a record marks what only REM DB has; `skipif postgresql` marks an answer that differs on purpose and
is listed in docs/sql/differences.md. Numbers in R columns are compared by value; times and jsonb by meaning.
"""

import json
import os
import sys

import compare
import slt_file
from postgres import Postgres, TextCursor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def shown(value):
    return "NULL" if value is None else value or "(empty)"


def cell_is(expected, actual, kind, letter):
    if expected == shown(actual):
        return True
    if actual is None or expected == "NULL":
        return False
    if letter == "R" and kind in compare.NUMBERS:
        try:
            return compare.same_number(expected, actual)
        except ValueError:
            return False
    return compare.same_value(expected, kind, actual, kind)


def row_difference(record, answer):
    """None when the answer is the expected one, otherwise what PostgreSQL gave."""
    if "error" in answer:
        return f"error {answer['error']}: {answer['message']}"
    kinds, rows = answer["columns"], answer["rows"]
    if len(kinds) != len(record.types):
        return f"{len(kinds)} columns"
    if record.order == "valuesort":
        width = len(kinds)
        cells = [(value, kinds[i], record.types[i]) for row in rows for i, value in enumerate(row)]
        wanted = list(record.expected)
        rows = [[cell] for cell in cells]
        if len(wanted) != len(rows):
            return f"{len(rows)} values of {width} columns"
        unmatched = [cell for (cell,) in rows]
        for expected in wanted:
            found = next((c for c in unmatched if cell_is(expected, *c)), None)
            if found is None:
                return f"no value {expected!r}"
            unmatched.remove(found)
        return None
    expected = [line.split("\t") for line in record.expected]
    text = "\n".join("\t".join(map(shown, row)) for row in rows)
    if len(expected) != len(rows):
        return text or "no rows"
    remaining = list(expected)
    for row in rows:
        candidates = remaining if record.order == "rowsort" else remaining[:1]
        found = next((e for e in candidates if len(e) == len(row)
                      and all(cell_is(*c) for c in zip(e, row, kinds, record.types))), None)
        if found is None:
            return text
        remaining.remove(found)
    return None


def check(record, cursor, tables):
    """What PostgreSQL does differently at this record, or None."""
    if record.kind == "rem-schema":
        schema = json.loads(record.text)
        cursor.run(f"DROP TABLE IF EXISTS {slt_file.quoted(record.name)} CASCADE")
        answer = cursor.run(slt_file.create_table(record.name, schema))
        tables[record.name] = schema
        return answer.get("message")
    if record.kind == "rem-insert":
        for line in filter(None, record.text.split("\n")):
            answer = cursor.run(slt_file.insert(record.name, json.loads(line)))
            if "error" in answer:
                return answer["message"]
        return None
    if record.kind == "error" and record.name == "0A000":
        return None  # PostgreSQL does what we do not support yet.
    answer = cursor.run(record.text)
    if record.kind == "ok":
        return f"error {answer['error']}: {answer['message']}" if "error" in answer else None
    if record.kind == "error":
        if answer.get("error") == record.name:
            return None
        return f"error {answer['error']}: {answer['message']}" if "error" in answer else "no error"
    return row_difference(record, answer)


def main():
    paths = sys.argv[1:] or sorted(os.path.join(folder, name) for folder, _, names in
                                   os.walk(os.path.join(ROOT, "tests", "slt")) for name in names if name.endswith(".slt"))
    checked = differing = 0
    with Postgres() as server:
        for path in paths:
            connection = server.fresh_database("slt")
            cursor, tables = TextCursor(connection), {}
            for record in slt_file.read(path, "postgresql"):
                checked += 1
                difference = check(record, cursor, tables)
                if difference is not None:
                    differing += 1
                    print(f"{os.path.relpath(path, ROOT)}:{record.line}: {record.text}\n  expected: "
                          f"{record.name or record.expected}\n  PostgreSQL: {difference}\n")
            connection.close()
    print(f"slt-verify: {len(paths)} files, {checked} records, {differing} differences")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
