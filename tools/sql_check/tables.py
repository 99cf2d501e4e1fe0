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
    "jsonb": [{}, {"a": 1}, {"a": 2.5, "b": "x"}, {"a": "1"}, {"b": [1, 2, "c"]}, {"a": True}, {"c": {"d": 1}}],
}


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
