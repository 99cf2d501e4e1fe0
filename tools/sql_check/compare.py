"""When an answer of REM DB and one of PostgreSQL are the same. Only the spelling of values may differ, and only as
docs/sql/differences.md says: times, jsonb without spaces, double precision where PostgreSQL has numeric."""

import datetime
import json
import math
import re

FLOATING = {"double precision", "real", "float8", "float4"}
NUMBERS = FLOATING | {"bigint", "integer", "smallint", "numeric"}
TIMES = {"timestamp with time zone", "timestamp without time zone", "timestamptz", "timestamp"}
# Sums of doubles depend on the order of the rows, which neither side promises.
RELATIVE_ERROR = 1e-9


def number(text):
    return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get(text) if text[-1:] in "Ny" else float(text)


def same_number(ours, theirs):
    a, b = number(ours), number(theirs)
    if a is None or b is None or math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return str(a) == str(b)
    return a == b or abs(a - b) <= RELATIVE_ERROR * max(abs(a), abs(b), 1e-3)


def instant(text):
    """A time in PostgreSQL's or RFC 3339 spelling in one spelling for both; the text itself when it is neither."""
    before = re.fullmatch(r"(\d{4,6})(-.*) BC", text)
    if before:  # Year 0 is 1 BC there.
        return instant(f"{1 - int(before[1]):04d}{before[2]}") if before[1] == "0001" else text
    match = re.fullmatch(r"(\d{4,6}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?", text)
    if not match:
        return text
    try:
        when = datetime.datetime.fromisoformat(f"{match[1]}T{match[2]}")
    except ValueError:  # A year that Python does not have.
        return re.sub(r"(Z|[+]00)$", "", text.lstrip("0").replace("T", " ")) if match[4] in (None, "Z", "+00") else text
    micros = int((match[3] or ".0")[1:].ljust(6, "0"))
    if match[4] not in (None, "Z"):
        sign = -1 if match[4][0] == "-" else 1
        digits = match[4][1:].replace(":", "").ljust(4, "0")
        when -= sign * datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return when.isoformat() + f".{micros:06d}"


def same_json(ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same_json(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same_json(a, b) for a, b in zip(ours, theirs))
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return same_number(repr(ours), repr(theirs))
    return ours == theirs


def same_value(ours, our_type, theirs, their_type):
    if ours == theirs:
        return True
    if ours is None or theirs is None:
        return False
    try:
        if their_type in FLOATING or (our_type in FLOATING and their_type in NUMBERS):
            return same_number(ours, theirs)
        if their_type in TIMES:
            return instant(ours) == instant(theirs)
        if their_type in ("json", "jsonb"):
            return same_json(json.loads(ours), json.loads(theirs))
    except ValueError:
        pass
    return False


def span(text):
    """Microseconds of an interval as comparisons count it (a month has 30 days); 0 for no time at all."""
    total = 0
    for amount, unit in re.findall(r"([+-]?\d+) (year|mon|day)s?", text):
        total += int(amount) * {"year": 360, "mon": 30, "day": 1}[unit] * 86_400_000_000
    clock = re.search(r"([+-]?)(\d+):(\d\d):(\d\d)(\.\d+)?$", text)
    if clock:
        micros = (int(clock[2]) * 3600 + int(clock[3]) * 60 + int(clock[4])) * 1_000_000 + int((clock[5] or ".0")[1:].ljust(6, "0"))
        total += -micros if clock[1] == "-" else micros
    return total


def sort_key(row, types):
    """Puts equal rows of both sides at the same place although their values are spelled differently."""
    key = []
    for value, kind in zip(row, types):
        if value is None:
            key.append((2, 0.0, ""))
        elif kind in NUMBERS:
            exact = number(value)
            # Equal numerics may be written differently: 1.5 and 1.50. Large integers differ in digits that twelve leave out.
            key.append((1, 0.0, str(exact)) if exact is None or not math.isfinite(exact)
                       else (0, float(f"{exact:.12g}"), value if kind not in FLOATING else ""))
        elif kind in TIMES:
            key.append((0, 0.0, instant(value)))
        elif kind == "interval":
            key.append((0, float(span(value)), value))
        elif kind in ("json", "jsonb"):
            key.append((0, 0.0, json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"))))
        else:
            key.append((0, 0.0, value))
    return key


INTEGERS = {"smallint", "integer", "bigint"}
NAMES = {"timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone", "time": "time without time zone", "json": "jsonb",
         "varchar": "text", "character varying": "text", "character": "text", "unknown": "text", "name": "text", "regtype": "text"}


def same_type(ours, theirs):
    """Texts count as one type."""
    def plain(kind):
        base, array = (kind[:-2], "[]") if kind.endswith("[]") else (kind, "")
        return NAMES.get(base, base) + array
    return plain(ours) == plain(theirs)


def same_rows(ours, theirs, ordered, loose=False):
    """None when both results agree, otherwise what differs. Loosely, 1.5 is 1.50 and 30 days are a month: which of two equal
    values stands for a group, or comes first, is nobody's promise."""
    if len(ours["columns"]) != len(theirs["columns"]):
        return f"{len(ours['columns'])} columns, PostgreSQL {len(theirs['columns'])}"
    if len(ours["rows"]) != len(theirs["rows"]):
        return f"{len(ours['rows'])} rows, PostgreSQL {len(theirs['rows'])}"
    our_rows, their_rows = ours["rows"], theirs["rows"]
    if not ordered:
        kinds = theirs["columns"]
        our_rows = sorted(our_rows, key=lambda row: sort_key(row, kinds))
        their_rows = sorted(their_rows, key=lambda row: sort_key(row, kinds))
    for i, (a, b) in enumerate(zip(our_rows, their_rows)):
        for c, (x, y) in enumerate(zip(a, b)):
            if loose and theirs["columns"][c] == "numeric" and None not in (x, y) and same_number(x, y):
                continue
            if loose and theirs["columns"][c] == "interval" and None not in (x, y) and span(x) == span(y):
                continue
            if not same_value(x, ours["columns"][c], y, theirs["columns"][c]):
                return (f"row {i + 1}, column {c + 1}: {x!r} ({ours['columns'][c]}), "
                        f"PostgreSQL {y!r} ({theirs['columns'][c]})")
    return None
