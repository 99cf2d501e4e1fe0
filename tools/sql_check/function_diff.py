#!/usr/bin/env python3
"""Every function, operator and cast that PostgreSQL's catalogue knows over our types, called with the edges of each type:
REM DB against PostgreSQL, first with constants, then with columns, where vectors, NULLs and constants meet.

    tools/sql_check/function_diff.py [--calls N] [--seed S] [--only NAME] [--driver PATH]

What REM DB does not have (42883, 0A000) is counted; --missing lists it. Errors must have the same SQLSTATE.
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
from postgres import Postgres, TextCursor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

VALUES = {
    "boolean": ["true", "false"],
    "smallint": ["0", "1", "-1", "7", "32767", "-32768", "100"],
    "integer": ["0", "1", "-1", "2", "3", "-5", "10", "64", "1000", "2147483647", "-2147483648"],
    "bigint": ["0", "1", "-1", "2", "12", "-7", "36", "4294967296", "9223372036854775807", "-9223372036854775808"],
    "numeric": ["0", "1", "-1", "0.5", "-2.5", "3.14159", "100", "0.000001", "99999999999999999999.99", "-0.00", "1e-20", "NaN", "12.340",
                "Infinity"],
    "real": ["0", "1", "-1.5", "0.1", "3.4e38", "1e-40", "NaN", "Infinity", "2.5"],
    "double precision": ["0", "-0", "1", "-1", "0.5", "2.5", "-3.5", "0.1", "1e300", "-1e-300", "NaN", "Infinity", "-Infinity", "123456.789"],
    "text": ["", "a", "abc", "ABC def", "été", " x ", "10", "-1.5", "a,b,c", "aXbXa", "%", "a_b", "\\", "日本語", "true", "2024-02-29", "a.c", "[a-c]+",
             "(b)(c)?", "foobarbaz", "1 day", "{1,2}", "x'y", "YYYY-MM-DD", "day", "hour", "999.99", "Ünïcode", "base64", "hex", "FM00", "epoch"],
    "bytea": ["", "\\x00", "\\xdeadbeef", "\\x616263", "abc"],
    "date": ["2024-02-29", "2000-01-01", "1969-12-31", "0001-01-01", "9999-12-31", "infinity", "-infinity", "2026-11-21"],
    "time without time zone": ["00:00:00", "23:59:59.999999", "12:34:56.789", "24:00:00"],
    "timestamp without time zone": ["2024-02-29 12:34:56.789", "2000-01-01 00:00:00", "1969-12-31 23:59:59.999999", "0001-01-01 00:00:00",
                                    "9999-12-31 23:59:59", "infinity", "-infinity", "2026-11-21 08:00:00"],
    "timestamp with time zone": ["2024-02-29 12:34:56.789+00", "2000-01-01 00:00:00+00", "1969-12-31 23:59:59.999999+00", "2024-12-31 23:30:00+02",
                                 "infinity", "-infinity"],
    "interval": ["0", "1 day", "-1 day", "1 month", "1 year 2 mons 3 days 04:05:06.789", "-5 hours", "1 day -00:00:01", "30 days", "100 years",
                 "00:00:00.000001", "25:00:00"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "jsonb": ["{}", "[]", "null", "1", "\"a\"", "true", "{\"a\":1}", "{\"a\":{\"b\":[1,2,null]},\"c\":\"x\"}", "[1,\"a\",null,[2]]", "1.5", "[]",
              "{\"a\":null}", "\"\"", "{\"b\":1,\"aa\":2}"],
    "json": ["{}", "[1, 2]", "{\"a\": 1, \"a\": 2}", "null", "\"a\""],
    "integer[]": ["{}", "{1}", "{1,2,3}", "{3,NULL,1}", "{1,1,2}"],
    "bigint[]": ["{}", "{1}", "{1,2,3}", "{NULL}", "{9223372036854775807}"],
    "text[]": ["{}", "{a}", "{a,b,c}", "{a,NULL}", "{\"\",\"a b\",\"NULL\"}", "{\"q\\\"x\",\"{\"}"],
    "numeric[]": ["{}", "{1.50,2}", "{NULL,0.1}"],
    "double precision[]": ["{}", "{1.5,-0,NaN}"],
    "boolean[]": ["{}", "{t,f,NULL}"],
    "character varying": ["", "abc", "été", "12"],
    "character": ["a", "abc"],
}
ARRAYS = [kind for kind in VALUES if kind.endswith("[]")]
ELEMENTS = [kind for kind in VALUES if not kind.endswith("[]") and kind not in ("json", "character", "character varying")]
PSEUDO = {"anyelement", "anyarray", "anycompatible", "anycompatiblearray", "anynonarray", "\"any\""}
# What depends on the server's state, files or the clock, or changes them. Internal functions are harmless: we lack them.
SKIPPED = re.compile(r"pg_|random|setseed|clock|_timestamp$|timeofday|txid|^lo|currval|nextval|setval|set_config|(query|table|cursor|schema|database)_to|"
                     r"age$|now|current_|version|has_|_description|convert|format_type|_(recv|send|in|out)$|hash|fmgr|binary_upgrade|xid|sleep|lock")


class Call:
    """A template with {0}, {1} and the types of its arguments."""

    def __init__(self, name, template, kinds):
        self.name = name
        self.template = template
        self.kinds = kinds

    def with_values(self, values):
        return self.template.format(*(literal(value, kind) for value, kind in zip(values, self.kinds)))

    def with_columns(self):
        return self.template.format(*(f"x{i}" for i in range(len(self.kinds))))


def literal(value, kind):
    if value is None:
        return f"NULL::{kind}"
    return "'" + value.replace("'", "''") + f"'::{kind}"


def resolve(kinds, rng):
    """Pseudo types become one concrete type each."""
    element = rng.choice([kind[:-2] for kind in ARRAYS])
    if "anyarray" not in kinds and "anycompatiblearray" not in kinds:
        element = rng.choice(ELEMENTS)
    table = {"anyelement": element, "anynonarray": element, "anycompatible": element, "\"any\"": None,
             "anyarray": element + "[]", "anycompatiblearray": element + "[]"}
    return [(table[kind] or rng.choice(ELEMENTS)) if kind in table else kind for kind in kinds]


def catalogue(cursor, rng):
    """Every call worth making, by PostgreSQL's own tables."""
    known = set(VALUES) | PSEUDO
    calls = []
    rows = cursor.run("SELECT p.proname, ARRAY(SELECT format_type(a, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u(a, n) ORDER BY n)::text[],"
                      " p.provariadic <> 0 FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'"
                      " AND NOT p.proretset ORDER BY p.proname, 2")["rows"]
    for name, kinds, variadic in rows:
        kinds = [kind.strip('"') if kind != '"any"' else kind for kind in parse_array(kinds)]
        if not kinds or SKIPPED.search(name) or any(kind not in known for kind in kinds):
            continue
        for _ in range(4 if PSEUDO & set(kinds) else 1):
            concrete = resolve(kinds, rng)
            slots = [f"{{{i}}}" for i in range(len(concrete))]
            if variadic == "t" and concrete[-1].endswith("[]"):
                slots[-1] = "VARIADIC " + slots[-1]
            calls.append(Call(name, f"{name}({', '.join(slots)})", concrete))
    rows = cursor.run("SELECT o.oprname, CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END, format_type(o.oprright, NULL) FROM pg_operator o "
                      "ORDER BY 1, 2, 3")["rows"]
    for name, left, right in rows:
        kinds = [kind for kind in (left, right) if kind]
        if any(kind not in known for kind in kinds) or name in ("<%", "~<~", "~<=~", "~>~", "~>=~", "@@", "@@@", "*="):
            continue
        symbol = name.replace("{", "{{").replace("}", "}}")
        for _ in range(4 if PSEUDO & set(kinds) else 1):
            concrete = resolve(kinds, rng)
            calls.append(Call("operator " + name, f"({{0}} {symbol} {{1}})" if left else f"({symbol} {{0}})", concrete))
    for source in VALUES:
        for target in VALUES:
            calls.append(Call(f"cast to {target}", f"({{0}})::{target}", [source]))
        for target in ("numeric(4,1)", "varchar(2)", "character(3)", "numeric(3)", "timestamp(0)", "time(2)", "timestamptz(3)", "interval(0)"):
            calls.append(Call(f"cast to {target}", f"({{0}})::{target}", [source]))
    calls += special_forms()
    return calls


def special_forms():
    calls = []
    for field in ("year", "month", "day", "hour", "minute", "second", "epoch", "dow", "doy", "isodow", "isoyear", "week", "quarter", "decade", "century",
                  "millennium", "milliseconds", "microseconds", "julian", "timezone"):
        for kind in ("date", "timestamp without time zone", "timestamp with time zone", "interval", "time without time zone"):
            calls.append(Call("extract", f"extract({field} from {{0}})", [kind]))
            calls.append(Call("date_part", f"date_part('{field}', {{0}})", [kind]))
            calls.append(Call("date_trunc", f"date_trunc('{field}', {{0}})", [kind]))
    for form, kinds in {
            "substring({0} from {1} for {2})": ["text", "integer", "integer"], "substring({0} from {1})": ["text", "integer"],
            "trim(leading {1} from {0})": ["text", "text"], "trim(trailing {1} from {0})": ["text", "text"], "trim({0})": ["text"],
            "position({0} in {1})": ["text", "text"], "overlay({0} placing {1} from {2} for {3})": ["text", "text", "integer", "integer"],
            "({0} LIKE {1})": ["text", "text"], "({0} NOT ILIKE {1})": ["text", "text"], "({0} SIMILAR TO {1})": ["text", "text"],
            "({0} ~ {1})": ["text", "text"], "({0} ~* {1})": ["text", "text"], "substring({0} from {1})|| ''": ["text", "text"],
            "({0} BETWEEN {1} AND {2})": ["integer", "numeric", "double precision"], "({0} IS DISTINCT FROM {1})": ["numeric", "double precision"],
            "({0} IN ({1}, {2}))": ["bigint", "numeric", "integer"], "coalesce({0}, {1})": ["integer", "numeric"],
            "greatest({0}, {1}, {2})": ["integer", "numeric", "double precision"], "least({0}, {1})": ["date", "timestamp without time zone"],
            "CASE WHEN {0} THEN {1} ELSE {2} END": ["boolean", "integer", "numeric"], "nullif({0}, {1})": ["integer", "numeric"],
            "({0})[{1}]": ["integer[]", "integer"], "({0})[{1}:{2}]": ["text[]", "integer", "integer"], "({0} = ANY ({1}))": ["integer", "integer[]"],
            "({0} > ALL ({1}))": ["numeric", "numeric[]"], "({0} <> ALL ({1}))": ["text", "text[]"],
            "({0} AT TIME ZONE 'UTC')": ["timestamp without time zone"], "(({0} AT TIME ZONE 'UTC'))": ["timestamp with time zone"],
            "ARRAY[{0}, {1}]": ["integer", "numeric"], "({0}, {1}) < ({2}, {3})": ["integer", "text", "integer", "text"],
            "({0}, {1}) = ({2}, {3})": ["numeric", "text", "integer", "text"], "({0})['a']": ["jsonb"], "({0})[{1}]::text": ["jsonb", "integer"],
            "round({0}, {1})": ["numeric", "integer"], "concat({0}, {1}, {2})": ["text", "integer", "boolean"],
            "concat_ws({0}, {1}, {2})": ["text", "numeric", "date"], "format('%s %I %L', {0}, {1}, {2})": ["text", "text", "text"],
            "to_char({0}, 'YYYY-MM-DD HH24:MI:SS.US')": ["timestamp without time zone"], "to_char({0}, 'FM999,990.00')": ["numeric"],
            "to_char({0}, 'Day, DD Mon YYYY HH12:MI am')": ["timestamp without time zone"], "to_char({0}, '9999S')": ["integer"],
            "to_date({0}, 'YYYY-MM-DD')": ["text"], "to_number({0}, '999.99')": ["text"], "pg_typeof({0})::text": ["numeric"],
            "jsonb_build_object('a', {0}, 'b', {1})": ["numeric", "timestamp without time zone"], "jsonb_build_array({0}, {1})": ["integer[]", "text"],
            "regexp_replace({0}, {1}, {2}, 'g')": ["text", "text", "text"], "regexp_replace({0}, '([a-z])', '<\\1\\&>', 'g')": ["text"],
            "regexp_match({0}, {1})": ["text", "text"], "regexp_split_to_array({0}, {1})": ["text", "text"],
    }.items():
        calls.append(Call("form " + form, form, kinds))
    return calls


def parse_array(text):
    """The elements of PostgreSQL's text of a text[]."""
    return [quoted.replace('\\"', '"') if quoted else plain for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', text)]


def same_spelling(call, ours, theirs):
    """Texts made of jsonb and timestamptz, which docs/sql/differences.md spells differently."""
    if not {"jsonb", "json", "timestamp with time zone"} & set(call.kinds) or None in (ours, theirs):
        return False

    def plain(text):
        text = re.sub(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(\.\d+)?)Z", r"\1 \2+00", text)
        return re.sub(r"([,:]) ", r"\1", text)
    return plain(ours) == plain(theirs)


class Sweep:
    def __init__(self, driver, server, options):
        self.driver = driver
        self.cursor = TextCursor(server.fresh_database("functions"))
        self.rng = random.Random(options.seed)
        self.options = options
        self.counts = collections.Counter()
        self.missing = collections.Counter()
        self.failures = collections.Counter()

    def arguments(self, call):
        return [None if self.rng.random() < 0.06 else self.rng.choice(VALUES[kind]) for kind in call.kinds]

    def fail(self, call, kind, text, ours, theirs):
        key = f"{kind}: {call.name}({', '.join(call.kinds)})"
        self.failures[key] += 1
        if self.failures[key] <= 2:
            print(f"-- {key}\nSELECT {text};\n   ours   {short(ours)}\n   theirs {short(theirs)}", flush=True)

    def check(self, call):
        combinations = 1
        for kind in call.kinds:
            combinations *= len(VALUES[kind]) + 1
        picked = {tuple(self.arguments(call)) for _ in range(min(self.options.calls, 2 * combinations))}
        good = []
        for values in sorted(picked, key=str):
            text = call.with_values(values)
            theirs = self.cursor.run("SELECT " + text)
            if theirs.get("error", "")[:2] in ("42", "0A", "57", "XX"):
                if theirs["error"] in ("42883", "42725", "42P18", "42846"):
                    ours = self.driver.sql("SELECT " + text)
                    if "error" not in ours:
                        self.counts["extra"] += 1
                continue
            ours = self.driver.sql("SELECT " + text)
            self.counts["calls"] += 1
            if ours.get("error") in ("0A000", "42883", "42846", "42704"):
                self.missing[f"{call.name}({', '.join(call.kinds)}): {ours['message'][:60]}"] += 1
                return
            self.counts["compared"] += 1
            if "error" in ours or "error" in theirs:
                if ours.get("error") != theirs.get("error"):
                    self.fail(call, "error" if "error" in ours and "error" in theirs else "one fails", text, ours, theirs)
                continue
            if not compare.same_type(ours["columns"][0], theirs["columns"][0]):
                self.fail(call, "type", text, ours, theirs)
            if compare.same_rows(ours, theirs, True) and not same_spelling(call, ours["rows"][0][0], theirs["rows"][0][0]):
                self.fail(call, "value", text, ours, theirs)
            else:
                good.append((values, ours["rows"][0][0]))
        self.check_columns(call, good)

    def check_columns(self, call, good):
        """All calls that worked, as one query over rows, optimised and plain: the same answers as one by one."""
        if not good or not call.kinds:
            return
        rows = ", ".join("(" + ", ".join([str(i)] + [literal(v, k) for v, k in zip(values, call.kinds)]) + ")" for i, (values, _) in enumerate(good))
        names = ", ".join(["n"] + [f"x{i}" for i in range(len(call.kinds))])
        text = f"SELECT {call.with_columns()} FROM (VALUES {rows}) AS v({names}) ORDER BY n"
        expected = [[answer] for _, answer in good]
        for settings in ({}, {"optimise": False, "batch_rows": 3}):
            ours = self.driver.sql(text, **settings)
            if ours.get("rows") != expected:
                self.fail(call, "columns", text[7:], ours, {"one by one": expected})
                return

    def run(self):
        calls = [call for call in catalogue(self.cursor, self.rng) if self.options.only in call.name]
        for call in calls:
            try:
                self.check(call)
            except DriverDied as death:
                print(f"-- died ({death.code}): {death.request['text']}", flush=True)
                self.failures["died " + call.name] += 1
                self.driver.start()
        print(f"{len(calls)} signatures")


def short(answer):
    return str({k: v for k, v in answer.items() if v is not None})[:500]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=30, help="calls of each signature")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--driver", default=os.path.join(ROOT, "build/release/bin/sql_driver"))
    options = parser.parse_args()
    begin = time.time()
    driver = Driver(options.driver)
    with Postgres() as server:
        sweep = Sweep(driver, server, options)
        sweep.run()
        sweep.cursor.connection.close()
    driver.close()
    if options.missing:
        for message, _ in sorted(sweep.missing.items()):
            print(f"missing  {message}")
    for message, count in sorted(sweep.failures.items()):
        print(f"FAILED  {count:4}  {message}")
    print(f"function-diff: {dict(sweep.counts)}, {len(sweep.missing)} signatures missing, {len(sweep.failures)} that fail, "
          f"{time.time() - begin:.0f} s")
    return 1 if sweep.failures else 0


if __name__ == "__main__":
    sys.exit(main())
