#!/usr/bin/env python3
"""Random queries: REM DB against PostgreSQL, against itself without the optimiser, and against itself by ternary logic.

    tools/sql_check/sql_diff.py [N] [SEED] [--driver PATH]

Each round makes random tables and a batch of queries from its own seed; a differing query is made shorter and printed.
Queries that REM DB refuses with 0A000 are counted, not compared, and the most frequent refusals are printed at the end.
An error of class 22 (division by zero, overflow, cast) on one side only counts where every row must compute every
expression; elsewhere neither side promises which rows are computed first.
"""

import argparse
import collections
import os
import random
import re
import sys
import time

import compare
import expressions
from driver import Driver, DriverDied
from expressions import Expressions
from postgres import Postgres, TextCursor
from queries import FEATURES, Queries
from reduce import reduce
from tables import SqlTable, Table

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROUND = 250
# How each query is run; the first is what users get.
SETTINGS = [{}, {"optimise": False, "batch_rows": 3}, {"batch_rows": 2, "threads": 3}]


class Diff:
    def __init__(self, driver, server, seed):
        self.driver = driver
        self.server = server
        self.seed = seed
        self.counts = collections.Counter()
        self.refusals = collections.Counter()
        self.invalid = collections.Counter()
        self.failures = collections.Counter()
        self.tables = []
        self.features = set()
        self.probed = False
        self.kinds = None
        self.missing = []
        self.cursor = None

    def load(self, rng):
        self.storable()
        self.driver.reset()
        connection = self.server.fresh_database("diff")
        self.cursor = TextCursor(connection)
        self.tables = [Table(name, rng, rng.choice([0, 1, 5, 12, 30])) for name in ("t", "u", "v")]
        self.tables.append(SqlTable("w", rng, rng.choice([1, 8, 20]), self.storable()))
        for table in self.tables:
            table.load_rem(self.driver)
            table.load_postgres(self.cursor)
        self.features = {name for name, probe in FEATURES.items()
                         if self.driver.sql(probe.format("t")).get("error") != "0A000"}
        if not self.probed:
            self.probed = True
            Expressions.known = self.probe(expressions.ALL)
            Expressions.known_comparisons = self.probe(expressions.COMPARISONS)
            Expressions.known_aggregates = self.probe(expressions.AGGREGATES)

    def storable(self):
        """The types that CREATE TABLE knows."""
        if self.kinds is None:
            self.kinds = []
            for kind in SqlTable.KINDS:
                if "error" not in self.driver.sql(f"CREATE TABLE probe_{len(self.kinds)} (k bigint, c {kind})"):
                    stored = self.driver.sql(f"SELECT c FROM probe_{len(self.kinds)}")["columns"][0]
                    if compare.same_type(stored, kind):
                        self.kinds.append(kind)
                        continue
                self.missing.append(f"CREATE TABLE with {kind}")
            self.driver.reset()
        return self.kinds

    def probe(self, forms):
        """The forms that both sides know, with the same type."""
        known = {}
        for kind, texts in forms.items():
            known[kind] = []
            for text in texts:
                query = "SELECT " + expressions.probe_text(text)
                ours, theirs = self.driver.sql(query), self.cursor.run(query)
                if theirs.get("error", "22")[:2] != "22":
                    print(f"PostgreSQL refuses {query}: {theirs['message']}", flush=True)
                elif ours.get("error", "22")[:2] != "22" or (ours.get("error") == "22P02" and "error" not in theirs):
                    self.missing.append(text)
                elif "error" in ours or "error" in theirs or compare.same_type(ours["columns"][0], theirs["columns"][0]):
                    known[kind].append(text)
                else:
                    self.missing.append(f"{text} is {ours['columns'][0]}, {theirs['columns'][0]} in PostgreSQL")
        return known

    def requests(self, text):
        return [{"op": "sql", "text": text, **settings} for settings in SETTINGS]

    def verdict(self, outcome, text, answers, theirs):
        """None, or (kind of failure, explanation)."""
        codes = [answer.get("error") for answer in answers]
        for answer, code in zip(answers, codes):
            if code == "XX000":
                return "internal", answer["message"]
        # 54000: more rows than the driver hands over.
        if {"0A000", "54000"} & set(codes):
            return None
        wrong = theirs.get("error")
        if wrong and wrong[:2] not in ("22", "21"):
            return None  # The generator made something that PostgreSQL refuses, or that takes too long.
        for answer, code in zip(answers, codes):
            if code and code[:2] not in ("22", "21"):
                return "refused " + code, answer["message"]
        failed = [*codes, wrong]
        if any(failed):
            if outcome.simple and not all(failed):
                return "error", str([a.get("message") for a in (*answers, theirs)])
            if outcome.simple and len(set(failed)) > 1:
                return "sqlstate", str([a.get("message") for a in (*answers, theirs)])
            return None
        if answers[0]["names"] != theirs["names"]:
            return "names", f"{answers[0]['names']}, PostgreSQL {theirs['names']}"
        for answer, settings in zip(answers, SETTINGS):
            difference = compare.same_rows(answer, theirs, outcome.ordered, loose=re.search(r"DISTINCT|GROUP|UNION|INTERSECT|EXCEPT|ORDER", text))
            if difference:
                return f"rows {settings or ''}", difference
        return None

    def run_one(self, outcome):
        text = str(outcome.tree)
        return self.verdict(outcome, text, self.driver.ask_all(self.requests(text)), self.cursor.run(text))

    def reload(self):
        self.driver.start()
        for table in self.tables:
            table.load_rem(self.driver)

    def report(self, outcome, failure, rng_seed):
        signature = re.sub(r"\d+|'[^']*'", "#", failure[1])[:60]
        self.failures[failure[0] + ": " + signature] += 1
        if self.failures[failure[0] + ": " + signature] > 2 or len(self.failures) > 60:
            return
        last = [failure]

        def still_fails(_):
            try:
                found = self.run_one(outcome)
            except DriverDied:
                self.reload()
                found = ("died", "")
            if found and found[0] == failure[0]:
                last[0] = found
                return True
            return False
        reduce(outcome.tree, still_fails)
        print(f"-- {failure[0]} (round seed {rng_seed}): {last[0][1]}\n{outcome.tree};\n", flush=True)

    def round(self, count, seed):
        rng = random.Random(seed)
        self.load(rng)
        make = Queries(rng, self.tables, self.features)
        outcomes = [make.statement() for _ in range(count)]
        texts = [str(outcome.tree) for outcome in outcomes]
        try:
            answers = self.driver.ask_all([request for text in texts for request in self.requests(text)])
        except DriverDied as death:
            print(f"-- died ({death.code}, round seed {seed}): {death.request['text']};\n", flush=True)
            self.failures["died"] += 1
            self.reload()
            return
        for i, outcome in enumerate(outcomes):
            mine = answers[len(SETTINGS) * i:len(SETTINGS) * (i + 1)]
            ours = mine[0]
            self.counts["queries"] += 1
            if ours.get("error") == "0A000":
                self.counts["refused"] += 1
                self.refusals[re.sub(r"\d+", "#", ours["message"].split("\n")[0])[:90]] += 1
                if all(answer.get("error") == "0A000" for answer in mine):
                    continue
            theirs = self.cursor.run(texts[i])
            if "error" in theirs:
                self.counts["PostgreSQL: " + theirs["error"]] += 1
                if theirs["error"].startswith("42"):
                    self.invalid[re.sub(r"\d+", "#", theirs["message"])[:90]] += 1
            else:
                self.counts["compared"] += "error" not in ours
            failure = self.verdict(outcome, texts[i], mine, theirs)
            if failure:
                self.report(outcome, failure, seed)
        self.partition(make, max(1, count // 20), seed)

    def partition(self, make, count, seed):
        """Q = Q where p + Q where not p + Q where p is null, all by REM DB."""
        for _ in range(count):
            table = make.random.choice(self.tables)
            make.aliases = 0
            predicate = make.expressions([(column, kind) for column, kind in table.columns]).make("boolean", 3)
            head = f"SELECT k FROM {table.name}"
            answers = self.driver.ask_all([{"op": "sql", "text": head + tail} for tail in
                                           ("", f" WHERE ({predicate})", f" WHERE NOT ({predicate})", f" WHERE ({predicate}) IS NULL")])
            if any("error" in answer for answer in answers):
                continue
            self.counts["partitions"] += 1
            parts = sorted(row for answer in answers[1:] for row in answer["rows"])
            if parts != sorted(answers[0]["rows"]):
                self.failures["partition"] += 1
                print(f"-- partition (round seed {seed}): {head} WHERE {predicate};\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n", nargs="?", type=int, default=10_000)
    parser.add_argument("seed", nargs="?", type=int, default=int(time.time()))
    parser.add_argument("--driver", default=os.path.join(ROOT, "build/release/bin/sql_driver"))
    options = parser.parse_args()
    print(f"sql-diff: {options.n} queries, seed {options.seed}", flush=True)
    begin = time.time()
    driver = Driver(options.driver)
    with Postgres() as server:
        diff = Diff(driver, server, options.seed)
        # A round's seed is enough to run it again: `sql_diff.py 250 SEED`.
        for i in range((options.n + ROUND - 1) // ROUND):
            diff.round(min(ROUND, options.n), options.seed + i)
        print("features: " + ", ".join(sorted(diff.features)))
        print("missing:  " + ", ".join(sorted(set(FEATURES) - diff.features)))
        print("missing forms:\n  " + "\n  ".join(diff.missing))
        if diff.cursor:
            diff.cursor.connection.close()
    driver.close()
    for message, count in diff.refusals.most_common(25):
        print(f"refused {count:6}  {message}")
    for message, count in diff.invalid.most_common(10):
        print(f"invalid {count:6}  {message}")
    for message, count in diff.failures.most_common(60):
        print(f"FAILED  {count:6}  {message}")
    print(f"sql-diff: {dict(diff.counts)}, {sum(diff.failures.values())} failures, {time.time() - begin:.0f} s")
    return 1 if diff.failures else 0


if __name__ == "__main__":
    sys.exit(main())
