"""Random SQL expressions of a wanted type, as trees, so that a failing query can be made shorter.

A tree is a list of strings and trees; `Node` adds the type, which tells the reducer what may stand in its place.
"""

import tables

NUMBERS = ["bigint", "double precision"]
SCALARS = ["bigint", "double precision", "text", "boolean", "timestamptz", "uuid"]
CASTS = {"bigint": ["integer", "double precision", "text", "boolean", "bigint", "smallint"],
         "double precision": ["bigint", "text", "integer"], "text": ["bigint", "double precision", "boolean", "text"],
         "boolean": ["text", "integer"], "timestamptz": [], "uuid": ["text"], "jsonb": []}


# Forms that older versions of REM DB refuse, with a statement that tells; drawn only where they work.
FORMS = {"greatest": "SELECT greatest(1, 2)", "row": "SELECT (1, 2) < (1, 3)", "any array": "SELECT 1 = ANY (ARRAY[1])"}


class Node:
    """An expression of type `kind` made of `parts`: texts and nodes."""

    def __init__(self, kind, *parts):
        self.kind = kind
        self.parts = list(parts)

    def __str__(self):
        return "".join(map(str, self.parts))

    def children(self):
        return [part for part in self.parts if isinstance(part, Node)]


def text_literal(value):
    return "'" + value.replace("'", "''") + "'"


class Expressions:
    """Draws expressions over `columns`: (SQL text, type) pairs in scope. `subquery` makes subqueries, if given."""

    def __init__(self, random, columns, subquery=None, aggregates=False):
        self.random = random
        self.columns = columns
        self.subquery = subquery
        self.aggregates = aggregates

    forms = set(FORMS)  # Set from what the probes of FORMS answer.

    def literal(self, kind):
        if self.random.random() < 0.06:
            return Node(kind, f"NULL::{kind}")
        value = self.random.choice(tables.VALUES[kind][:10])
        if kind == "text":
            return Node(kind, text_literal(value))
        if kind == "boolean":
            return Node(kind, str(value).lower())
        if kind == "bigint":
            return Node(kind, f"{value}::bigint" if value >= 0 else f"({value})::bigint")
        if kind == "jsonb":
            import json  # pylint: disable=import-outside-toplevel
            return Node(kind, text_literal(json.dumps(value)) + "::jsonb")
        return Node(kind, f"'{value}'::{kind}")

    def column(self, kind):
        fitting = [name for name, of in self.columns if of == kind]
        return Node(kind, self.random.choice(fitting)) if fitting else self.literal(kind)

    def make(self, kind, depth):
        if depth <= 0 or self.random.random() < 0.25:
            return self.column(kind) if self.random.random() < 0.7 else self.literal(kind)
        makers = [*getattr(self, "make_" + kind.split()[0])(depth - 1), *self.any_kind(kind, depth - 1)]
        return self.random.choice(makers)()

    def any_kind(self, kind, depth):
        """Forms that every type has."""
        def sub(of=kind):
            return self.make(of, depth)
        forms = [
            lambda: Node(kind, "CASE WHEN ", sub("boolean"), " THEN ", sub(), " ELSE ", sub(), " END"),
            lambda: Node(kind, "coalesce(", sub(), ", ", sub(), ")"),
            lambda: Node(kind, "nullif(", sub(), ", ", sub(), ")"),
        ]
        if "greatest" in self.forms and kind not in ("jsonb", "uuid", "boolean"):
            forms.append(lambda: Node(kind, self.random.choice(["greatest", "least"]), "(", sub(), ", ", sub(), ")"))
        if self.subquery and self.random.random() < 0.3:
            forms.append(lambda: self.subquery.scalar(kind, self))
        return forms

    def make_bigint(self, depth):
        def sub(kind="bigint"):
            return self.make(kind, depth)
        return [
            lambda: Node("bigint", "(", sub(), self.random.choice([" + ", " - ", " * ", " / ", " % "]), sub(), ")"),
            lambda: Node("bigint", "(- ", sub(), ")"),
            lambda: Node("bigint", "abs(", sub(), ")"),
            lambda: Node("bigint", "length(", sub("text"), ")::bigint"),
            lambda: Node("bigint", "strpos(", sub("text"), ", ", sub("text"), ")::bigint"),
            lambda: Node("bigint", "sign(", sub("double precision"), ")::bigint"),
            lambda: Node("bigint", "cast(", sub("double precision"), " as bigint)"),
            lambda: Node("bigint", "(", sub("boolean"), ")::integer::bigint"),
            lambda: Node("bigint", "extract(year from ", sub("timestamptz"), ")::bigint"),
        ]

    def make_double(self, depth):
        kind = "double precision"

        def sub(of=kind):
            return self.make(of, depth)
        return [
            lambda: Node(kind, "(", sub(), self.random.choice([" + ", " - ", " * ", " / "]), sub(), ")"),
            lambda: Node(kind, "(", sub(), self.random.choice([" + ", " - ", " * "]), sub("bigint"), ")"),
            lambda: Node(kind, self.random.choice(["floor", "ceil", "round", "abs", "sign", "trunc"]), "(", sub(), ")"),
            lambda: Node(kind, "sqrt(abs(", sub(), "))"),
            lambda: Node(kind, "(", sub("bigint"), ")::double precision"),
        ]

    def make_text(self, depth):
        def sub(kind="text"):
            return self.make(kind, depth)

        def count():
            return Node("bigint", str(self.random.randint(-3, 5)))
        return [
            lambda: Node("text", "(", sub(), " || ", sub(), ")"),
            lambda: Node("text", self.random.choice(["lower", "upper", "reverse", "btrim", "ltrim", "rtrim", "initcap"]),
                         "(", sub(), ")"),
            lambda: Node("text", self.random.choice(["left", "right"]), "(", sub(), ", ", count(), ")"),
            lambda: Node("text", "substr(", sub(), ", ", count(), ")"),
            lambda: Node("text", "substring(", sub(), " from ", count(), " for ", str(self.random.randint(0, 4)), ")"),
            lambda: Node("text", "replace(", sub(), ", ", sub(), ", ", sub(), ")"),
            lambda: Node("text", "repeat(", sub(), ", ", str(self.random.randint(-1, 3)), ")"),
            lambda: Node("text", "lpad(", sub(), ", ", count(), ", ", sub(), ")"),
            lambda: Node("text", "split_part(", sub(), ", ", sub(), ", ", str(self.random.choice([1, 2, -1])), ")"),
            lambda: Node("text", "concat(", sub(), ", ", sub("bigint"), ")"),
            lambda: Node("text", "(", sub("bigint"), ")::text"),
            lambda: Node("text", "(", sub("boolean"), ")::text"),
            lambda: Node("text", "(", sub("uuid"), ")::text"),
            lambda: Node("text", "(", sub("jsonb"), " ->> 'a')"),
        ]

    def make_boolean(self, depth):
        kind = self.random.choice(SCALARS)

        def sub(of=kind):
            return self.make(of, depth)
        forms = [
            lambda: Node("boolean", "(", sub(), self.random.choice([" = ", " <> ", " < ", " <= ", " > ", " >= "]), sub(), ")"),
            lambda: Node("boolean", "(", sub(), self.random.choice([" = ", " <> ", " < ", " >= "]), sub(), ")"),
            lambda: Node("boolean", "(", sub("bigint"), self.random.choice([" = ", " < ", " >= "]),
                         sub("double precision"), ")"),
            lambda: Node("boolean", "(", sub("boolean"), self.random.choice([" AND ", " OR "]), sub("boolean"), ")"),
            lambda: Node("boolean", "(", sub("boolean"), self.random.choice([" AND ", " OR "]), sub("boolean"), ")"),
            lambda: Node("boolean", "(NOT ", sub("boolean"), ")"),
            lambda: Node("boolean", "(", sub(), self.random.choice([" IS NULL", " IS NOT NULL"]), ")"),
            lambda: Node("boolean", "(", sub(), self.random.choice([" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "]), sub(), ")"),
            lambda: Node("boolean", "(", sub("boolean"), self.random.choice([" IS TRUE", " IS NOT FALSE", " IS UNKNOWN"]), ")"),
            lambda: Node("boolean", "(", sub(), self.random.choice([" IN (", " NOT IN ("]), sub(), ", ", sub(), ", ", sub(), "))"),
            lambda: Node("boolean", "(", sub(), self.random.choice([" BETWEEN ", " NOT BETWEEN ", " BETWEEN SYMMETRIC "]), sub(),
                         " AND ", sub(), ")"),
            lambda: Node("boolean", "(", sub("text"), self.random.choice([" LIKE ", " NOT LIKE ", " ILIKE "]),
                         self.pattern(), ")"),
            lambda: Node("boolean", "(", sub("jsonb"), " @> ", self.literal("jsonb"), ")"),
        ]
        if "row" in self.forms:
            forms.append(lambda: Node("boolean", "((", sub("bigint"), ", ", sub("text"), ")", self.random.choice([" = ", " < ", " <> "]), "(",
                         sub("bigint"), ", ", sub("text"), "))"))
        if "any array" in self.forms:
            forms.append(lambda: Node("boolean", "(", sub("bigint"), self.random.choice([" = ANY ", " <> ALL "]), "(ARRAY[", sub("bigint"), ", ",
                         sub("bigint"), "]))"))
        if self.subquery and self.random.random() < 0.5:
            forms.append(lambda: self.subquery.predicate(self))
            forms.append(lambda: self.subquery.predicate(self))
        return forms

    def pattern(self):
        return Node("text", text_literal(self.random.choice(["%", "a%", "%a", "%a%", "_", "a_", "%o_", "f%o", "", "A%", "1_", "%\\%", "a\\_b"])))

    def make_timestamptz(self, depth):
        return [lambda: Node("timestamptz", "date_trunc('", self.random.choice(["day", "month", "year", "hour"]), "', ",
                             self.make("timestamptz", depth), ")")]

    def make_uuid(self, _):
        return []

    def make_jsonb(self, depth):
        return [lambda: Node("jsonb", "(", self.make("jsonb", depth), " -> '", self.random.choice("abc"), "')")]
