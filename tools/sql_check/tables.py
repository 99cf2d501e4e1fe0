"""Random tables for tools/sql_check: the same rows for REM DB (schema and JSON records) and for PostgreSQL."""

import json

import slt_file

# JSON Schema of a column, by the type that queries see.
COLUMNS = {
    "bigint": {"type": ["integer", "null"]},
    "double precision": {"type": ["number", "null"]},
    "text": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "timestamptz": {"type": ["string", "null"], "format": "date-time"},
    "uuid": {"type": ["string", "null"], "format": "uuid"},
    "jsonb": {"type": ["object", "null"]},
}
# Types that no property of a schema has: the type that they are made of, and how.
MADE_OF = {
    "integer": ("bigint", "({} % 1000)::integer"), "smallint": ("bigint", "({} % 100)::smallint"), "numeric": ("double precision", "{}::numeric"),
    "timestamp": ("timestamptz", "({} AT TIME ZONE 'UTC')"), "time": ("timestamptz", "{}::time"), "interval": ("bigint", "({} % 50 * interval '1 hour')"),
    "integer[]": ("bigint", "ARRAY[({} % 10)::integer]"), "text[]": ("text", "ARRAY[{}, 'a']"), "date": ("timestamptz", "{}::date"),
}
OUTPUT = ["bigint", "bigint", "integer", "smallint", "numeric", "double precision", "double precision", "text", "text", "text", "boolean", "date", "time",
          "timestamp", "timestamptz", "interval", "uuid", "integer[]", "text[]"]

# Few distinct values, so that equality, groups and joins meet; and the edges of each type.
VALUES = {
    "bigint": [0, 1, 2, 3, 4, 5, 7, -1, -2, -7, 10, 100, 9223372036854775807, -9223372036854775808],
    "double precision": [0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 100.25, 1e10, -1e-5, 3.0],
    "text": ["", "a", "b", "A", "ab", "abc", "B", "foo", "Foo", "a%", "a_b", "10", " x ", "été", "-1", "zz\\", "true"],
    "boolean": [True, False],
    "timestamptz": ["2026-01-01T00:00:00Z", "2026-01-31T23:59:59.5Z", "2024-02-29T12:00:00Z", "1999-12-31T00:00:00Z",
                    "1969-07-20T20:17:40Z"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
             "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "smallint": [0, 1, 2, -1, 3, 100, 32767],
    "integer": [0, 1, 2, 3, -1, 5, 12, -7, 2147483647, -2147483648],
    "numeric": ["0", "1", "1.50", "-2.5", "0.1", "100", "3", "-0.001", "1e10", "12345678901234567890.5"],
    "date": ["2026-01-01", "2024-02-29", "1999-12-31", "2026-01-31", "1969-07-20", "2000-03-01", "0001-01-01", "9999-12-31"],
    "time": ["00:00:00", "12:34:56.789", "23:59:59.999999", "08:30:00"],
    "timestamp": ["2026-01-01 00:00:00", "2024-02-29 12:34:56.789", "1999-12-31 23:59:59.999999", "1969-07-20 20:17:40", "2026-01-31 23:59:59.5"],
    "interval": ["0", "1 day", "1 month", "-1 day", "02:30:00", "1 year 2 mons 3 days 04:05:06.7", "30 days", "1 day -00:00:01", "-1 mons +10 days"],
    "integer[]": ["{}", "{1}", "{1,2,3}", "{3,NULL,1}", "{0,0}", "{-1,5}"],
    "text[]": ["{}", "{a}", "{a,b,NULL}", "{foo,\"x y\",\"\"}", "{NULL}"],
    "jsonb": [{}, {"a": 1}, {"a": 2.5, "b": "x"}, {"a": "1"}, {"b": [1, 2, "c"]}, {"a": True}, {"c": {"d": 1}}],
}


def text_literal(value):
    return "'" + value.replace("'", "''") + "'"


def literal_text(kind, value):
    """A value as SQL writes it."""
    if kind == "text":
        return text_literal(value)
    if kind == "boolean":
        return str(value).lower()
    if kind in ("bigint", "integer", "smallint"):
        return f"{value}::{kind}" if value >= 0 else f"({value})::{kind}"
    if kind == "jsonb":
        return text_literal(json.dumps(value)) + "::jsonb"
    return text_literal(str(value)) + f"::{kind}"


class Table:
    """A name, typed columns and rows (JSON records)."""

    def __init__(self, name, random, rows):
        self.name = name
        kinds = ["bigint", "bigint", "double precision", "text", "text", "boolean", "timestamptz", "uuid", "jsonb"]
        self.columns = [("k", "bigint")] + [(f"{name}{i}" if random.random() < 0.3 else f"c{i}", kind)
                                            for i, kind in enumerate(kinds)]
        self.indexed = [column for column, kind in self.columns
                        if kind != "jsonb" and random.random() < 0.4]
        null_share = random.choice([0.1, 0.3])
        self.rows = []
        for k in range(rows):
            row = {"k": k}
            for column, kind in self.columns[1:]:
                if random.random() < null_share:
                    if random.random() < 0.5:
                        row[column] = None
                else:
                    values = VALUES[kind]
                    row[column] = random.choice(values[:8] if random.random() < 0.9 else values)
            self.rows.append(row)

    def schema(self):
        return {"type": "object", "properties": {column: COLUMNS[kind] for column, kind in self.columns},
                "x-rem-property-order": [column for column, _ in self.columns], "additionalProperties": False,
                "indexed_fields": self.indexed, "embedding_fields": []}

    def load_rem(self, driver):
        for answer in driver.ask_all([{"op": "schema", "name": self.name, "schema": self.schema()},
                                      {"op": "insert", "name": self.name, "records": self.rows}]):
            if "error" in answer:
                raise SystemExit(f"loading {self.name}: {answer}")

    def load_postgres(self, cursor):
        statements = [slt_file.create_table(self.name, self.schema())]
        statements += [slt_file.insert(self.name, row) for row in self.rows]
        statements += [f"CREATE INDEX ON {self.name} ({column})" for column in self.indexed]
        for text in statements:
            answer = cursor.run(text)
            if "error" in answer:
                raise SystemExit(f"loading {self.name}: {answer} at {text}")

    def slt(self):
        """The table as records of a file of tests/slt, to turn a found query into a test."""
        rows = "\n".join(json.dumps(row, ensure_ascii=False) for row in self.rows)
        return f"rem-schema {self.name}\n{json.dumps(self.schema())}\n\nrem-insert {self.name}\n{rows}\n"


class SqlTable:
    """A table that CREATE TABLE makes on both sides, with the types that a schema has no word for."""

    KINDS = [kind for kind in VALUES if kind != "bigint"]

    def __init__(self, name, random, rows, kinds):
        self.name = name
        self.columns = [("k", "bigint")] + [(f"d{i}", kind) for i, kind in enumerate(kinds)]
        self.rows = [[f"{k}"] + ["NULL" if random.random() < 0.2 else literal_text(kind, random.choice(VALUES[kind][:8])) for kind in kinds]
                     for k in range(rows)]

    def statements(self):
        yield f"CREATE TABLE {self.name} ({', '.join(f'{column} {kind}' for column, kind in self.columns)})"
        for row in self.rows:
            yield f"INSERT INTO {self.name} VALUES ({', '.join(row)})"

    def load_rem(self, driver):
        for text in self.statements():
            answer = driver.sql(text)
            if "error" in answer:
                raise SystemExit(f"loading {self.name}: {answer} at {text}")

    def load_postgres(self, cursor):
        for text in self.statements():
            answer = cursor.run(text)
            if "error" in answer:
                raise SystemExit(f"loading {self.name}: {answer} at {text}")
