#!/usr/bin/env python3
"""Random scripts of INSERT, UPDATE, DELETE, definitions and transactions: REM DB against PostgreSQL, statement by statement.

    tools/sql_check/change_diff.py [ROUNDS] [SEED] [--driver PATH]

After every statement its error or RETURNING and the rows of all tables must agree. A difference prints the script that leads to it.
"""

import argparse
import collections
import os
import random
import re
import sys
import time

import compare
from driver import Driver, DriverDied
from expressions import Expressions
from postgres import Postgres, TextCursor
from sql_diff import Diff

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STATEMENTS = 40
# Errors by data: expressions, constraints, a failed transaction.
DATA = ("22", "23", "21", "25")


class Script:
    """Draws statements over tables t and u (name: columns) and knows whether a transaction is open."""

    def __init__(self, rng, known):
        self.random = rng
        self.tables = known
        self.open = False
        self.savepoints = 0
        self.made = 0
        self.stored = ["bigint", "text"]  # Types that a column can have.

    joined_returning = False  # Whether RETURNING may use FROM and USING: set by a probe.

    def expression(self, kind, scope, depth=2):
        return str(Expressions(self.random, scope).make(kind, depth))

    def value(self, kind):
        if self.random.random() < 0.15:
            return "NULL"
        if self.random.random() < 0.1:
            return "DEFAULT"
        return self.expression(kind, [], 1) if self.random.random() < 0.3 else str(Expressions(self.random, []).literal(kind))

    def key(self):
        return str(self.random.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))

    def scope(self, name, alias=None):
        return [(f"{alias or name}.{column}", kind) for column, kind in self.tables[name]]

    def where(self, scope, chance=0.8):
        return f" WHERE {self.expression('boolean', scope, 2)}" if self.random.random() < chance else ""

    def returning(self, scope, star=True):
        if self.random.random() < 0.5:
            return ""
        kinds = [self.random.choice([kind for _, kind in scope]) for _ in range(2)]
        return " RETURNING " + ", ".join(self.expression(kind, scope) for kind in kinds) \
            if not star or self.random.random() < 0.6 else " RETURNING *"

    def insert(self):
        name = self.random.choice(list(self.tables))
        columns = self.tables[name][1:]
        picked = columns if self.random.random() < 0.5 else self.random.sample(columns, self.random.randint(1, len(columns)))
        if self.random.random() < 0.25:
            other = self.random.choice(list(self.tables))
            scope = self.scope(other, "s")
            items = ", ".join([f"s.k + {self.random.choice([0, 1, 3])}"] + [self.expression(kind, scope) for _, kind in picked])
            source = f"SELECT {items} FROM {other} AS s{self.where(scope)}"
        else:
            rows = self.random.choice([1, 1, 2, 3])
            source = "VALUES " + ", ".join("(" + ", ".join([self.key()] + [self.value(kind) for _, kind in picked]) + ")" for _ in range(rows))
        text = f"INSERT INTO {name} (k, {', '.join(column for column, _ in picked)}) {source}"
        return text + self.conflict(name) + self.returning(self.scope(name))

    def conflict(self, name):
        if self.random.random() < 0.4:
            return ""
        if self.random.random() < 0.4:
            return " ON CONFLICT " + self.random.choice(["", "(k) "]) + "DO NOTHING"
        scope = self.scope(name) + self.scope(name, "excluded")
        return f" ON CONFLICT (k) DO UPDATE SET {self.assignments(name, scope)}" + self.where(scope, 0.3)

    def assignments(self, name, scope):
        columns = self.tables[name][1:]
        picked = self.random.sample(columns, self.random.randint(1, min(3, len(columns))))
        values = ["DEFAULT" if self.random.random() < 0.1 else self.expression(kind, scope) for _, kind in picked]
        if len(picked) > 1 and self.random.random() < 0.2:
            return f"({', '.join(column for column, _ in picked)}) = ({', '.join(values)})"
        return ", ".join(f"{column} = {value}" for (column, _), value in zip(picked, values))

    def update(self):
        name, other = self.random.sample(list(self.tables), 2)
        if self.random.random() < 0.3:
            scope = self.scope(name) + self.scope(other, "s")
            return (f"UPDATE {name} SET {self.assignments(name, scope)} FROM {other} AS s WHERE {name}.k = s.k AND {self.expression('boolean', scope)}"
                    + self.returning(scope if self.joined_returning else self.scope(name), self.joined_returning))
        scope = self.scope(name)
        return f"UPDATE {name} SET {self.assignments(name, scope)}{self.where(scope)}" + self.returning(scope)

    def delete(self):
        name, other = self.random.sample(list(self.tables), 2)
        scope = self.scope(name)
        if self.random.random() < 0.3:
            both = scope + self.scope(other, "s")
            return f"DELETE FROM {name} USING {other} AS s WHERE {name}.k = s.k AND {self.expression('boolean', both)}" + self.returning(
                both if self.joined_returning else scope, self.joined_returning)
        return f"DELETE FROM {name} WHERE {name}.k = {self.key()} OR {self.expression('boolean', scope)}" + self.returning(scope)

    def transaction(self):
        if not self.open:
            self.open, self.savepoints = True, 0
            return "BEGIN"
        pick = self.random.random()
        if pick < 0.3:
            self.savepoints += 1
            return f"SAVEPOINT s{self.savepoints}"
        if pick < 0.55 and self.savepoints:
            self.savepoints = self.random.randint(1, self.savepoints)
            return f"ROLLBACK TO s{self.savepoints}"
        if pick < 0.65 and self.savepoints:
            self.savepoints -= 1
            return f"RELEASE s{self.savepoints + 1}"
        self.open = False
        return self.random.choice(["COMMIT", "COMMIT", "ROLLBACK"])

    def definition(self):
        """A change of a table's definition; t and u stay, w comes and goes."""
        self.made += 1
        name = self.random.choice(list(self.tables))
        others = self.tables[name][1:]
        kind = self.random.choice(self.stored)
        pick = self.random.choice(["add", "add", "drop", "rename", "index", "unique", "type", "table", "table"])
        if pick == "table":
            if "w" in self.tables:
                return "DROP TABLE w"
            if self.random.random() < 0.5:
                return f"CREATE TABLE w AS SELECT {', '.join(column for column, _ in self.tables[name])} FROM {name}"
            return f"CREATE TABLE w (k bigint PRIMARY KEY, w{self.made} {kind})"
        if pick == "add" or len(others) < 2:
            default = f" DEFAULT {Expressions(self.random, []).literal(kind)}" if self.random.random() < 0.5 else ""
            return f"ALTER TABLE {name} ADD COLUMN n{self.made} {kind}{default}"
        column, of = self.random.choice(others)
        if pick == "drop":
            return f"ALTER TABLE {name} DROP COLUMN {column}"
        if pick == "rename":
            return f"ALTER TABLE {name} RENAME COLUMN {column} TO r{self.made}"
        # The text of a timestamptz is spelled otherwise here on purpose.
        if pick == "type" and of != "timestamptz":
            return f"ALTER TABLE {name} ALTER COLUMN {column} TYPE {'text' if of != 'text' else 'varchar(40)'}"
        return f"CREATE {'UNIQUE ' if pick == 'unique' else ''}INDEX i{self.made} ON {name} ({column})"

    def statement(self):
        if self.random.random() < 0.12:
            return self.definition()
        if self.random.random() < 0.03 and not self.open:
            return f"TRUNCATE {self.random.choice(list(self.tables))}"
        return self.random.choice([self.insert, self.insert, self.update, self.update, self.delete, self.transaction])()


class ChangeDiff:
    def __init__(self, driver, server):
        self.driver = driver
        self.server = server
        self.counts = collections.Counter()
        self.failures = collections.Counter()
        self.refusals = collections.Counter()
        self.probes = Diff(driver, server, 0)
        self.cursor = None

    def both(self, text):
        return self.driver.sql(text), self.cursor.run(text)

    def difference(self, text):
        """None, "stop" where the sides may part, or what differs."""
        ours, theirs = self.both(text)
        codes = ours.get("error"), theirs.get("error")
        if codes[0] == "0A000":
            self.refusals[ours["message"].split("\n")[0][:80]] += 1
            return "stop"
        if any(codes):
            self.counts[f"error {codes[1]}"] += 1
            if codes[0] == codes[1]:
                return None
            if codes[1] and codes[1][:2] == "42":
                return "stop"
            # Which of several errors, and whether a lazy part is computed, is nobody's promise.
            if all(code is None or code[:2] == "22" for code in codes) or (all(codes) and all(code[:2] in DATA for code in codes)):
                return "stop"
            return f"{ours.get('error')} {ours.get('message')}, PostgreSQL {theirs.get('error')} {theirs.get('message')}"
        if theirs["columns"]:
            different = compare.same_rows(ours, theirs, False)
            if different:
                return "RETURNING: " + different
        return None

    def read_tables(self, known):
        """What there is now; unchanged where a failed transaction tells nothing."""
        answer = self.cursor.run("SELECT relname, attname, format_type(atttypid, NULL) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
                                 "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped ORDER BY relname, attnum")
        if "error" in answer:
            return
        known.clear()
        short = {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp", "time without time zone": "time",
                 "character varying": "text"}
        for table, column, kind in answer["rows"]:
            known.setdefault(table, []).append((column, short.get(kind, kind)))

    def tables_differ(self, known):
        for name, columns in known.items():
            text = f"SELECT {', '.join(column for column, _ in columns)} FROM {name} ORDER BY k"
            ours, theirs = self.both(text)
            if "error" in ours or "error" in theirs:
                if ours.get("error") != theirs.get("error"):
                    return f"{text}: {ours.get('error')} {ours.get('message')}, PostgreSQL {theirs.get('error')} {theirs.get('message')}"
                return None
            different = compare.same_rows(ours, theirs, False)
            if different:
                return f"{name}: {different}"
        return None

    def round(self, seed):
        rng = random.Random(seed)
        if seed % 20 == 0 or not self.probes.probed:
            self.probes.load(random.Random(seed))
        self.driver.reset()
        connection = self.server.fresh_database("changes")
        self.cursor = TextCursor(connection)
        stored = ["bigint"] + self.probes.storable()
        self.driver.reset()
        known, script = {}, []
        for name in ("t", "u"):
            known[name] = [("k", "bigint")] + [(f"{name}{i}", rng.choice(stored)) for i in range(rng.randint(2, 4))]
            body = ", ".join(f"{column} {kind}{' PRIMARY KEY' if i == 0 else ''}" for i, (column, kind) in enumerate(known[name]))
            script.append(f"CREATE TABLE {name} ({body})")
            self.both(script[-1])
        Script.joined_returning = "error" not in self.driver.sql("UPDATE t SET k = t.k FROM u AS s WHERE t.k = s.k RETURNING *, s.k")
        draw = Script(rng, known)
        draw.stored = stored
        for _ in range(STATEMENTS):
            text = draw.statement()
            script.append(text)
            self.counts["statements"] += 1
            try:
                found = self.difference(text)
                if re.match("CREATE|ALTER|DROP|ROLLBACK|COMMIT", text):
                    self.read_tables(known)
                found = found or self.tables_differ(known)
            except DriverDied as death:
                self.driver.start()
                found = f"died {death.code}"
            if found == "stop":
                self.counts["stopped"] += 1
                break
            if found:
                self.failures[re.sub(r"\d+|'[^']*'", "#", found)[:70]] += 1
                if self.failures[re.sub(r"\d+|'[^']*'", "#", found)[:70]] <= 2:
                    print(f"-- seed {seed}: {found}\n" + ";\n".join(script) + ";\n", flush=True)
                break
        if draw.open:
            self.driver.sql("ROLLBACK")
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=int(time.time()))
    parser.add_argument("--driver", default=os.path.join(ROOT, "build/release/bin/sql_driver"))
    options = parser.parse_args()
    begin = time.time()
    driver = Driver(options.driver)
    with Postgres() as server:
        diff = ChangeDiff(driver, server)
        for i in range(options.rounds):
            diff.round(options.seed + i)
        diff.probes.cursor.connection.close()
    driver.close()
    for message, count in diff.refusals.most_common(10):
        print(f"refused {count:6}  {message}")
    for message, count in diff.failures.most_common():
        print(f"FAILED  {count:6}  {message}")
    print(f"change-diff: {options.rounds} rounds, seed {options.seed}, {dict(diff.counts)}, {sum(diff.failures.values())} failures, {time.time() - begin:.0f} s")
    return 1 if diff.failures else 0


if __name__ == "__main__":
    sys.exit(main())
