"""Random SELECT statements over given tables, as trees of expressions.Node."""

from expressions import Expressions, Node, alternatives
from tables import OUTPUT

FEATURES = {
    "join": "SELECT 1 FROM {0} a JOIN {0} b ON a.k = b.k",
    "outer join": "SELECT 1 FROM {0} a LEFT JOIN {0} b ON a.k = b.k",
    "full join": "SELECT 1 FROM {0} a FULL JOIN {0} b ON a.k = b.k",
    "lateral": "SELECT 1 FROM {0} a CROSS JOIN LATERAL (SELECT a.k AS x LIMIT 1) b",
    "group": "SELECT count(*) FROM {0} GROUP BY k",
    "aggregate": "SELECT count(*) FROM {0}",
    "distinct": "SELECT DISTINCT k FROM {0}",
    "subquery": "SELECT (SELECT max(k) FROM {0})",
    "correlated": "SELECT (SELECT max(b.k) FROM {0} b WHERE b.k = a.k) FROM {0} a",
    "exists": "SELECT 1 FROM {0} a WHERE EXISTS (SELECT 1 FROM {0} b WHERE b.k = a.k)",
    "derived": "SELECT x FROM (SELECT k AS x FROM {0}) d",
    "set": "SELECT k FROM {0} UNION SELECT k FROM {0}",
    "cte": "WITH c AS (SELECT k FROM {0}) SELECT k FROM c",
    "distinct on": "SELECT DISTINCT ON (k) k FROM {0} ORDER BY k",
    "values": "SELECT x FROM (VALUES (1), (2)) AS v(x)",
    "series": "SELECT x FROM generate_series(1, 3) AS g(x)",
    "unnest": "SELECT x FROM unnest(ARRAY[1, 2]) AS g(x)",
    "elements": "SELECT x FROM jsonb_array_elements('[1]') AS g(x)",
    "ordinality": "SELECT x, n FROM generate_series(1, 3) WITH ORDINALITY AS g(x, n)",
    "lateral function": "SELECT x FROM {0} a, generate_series(1, a.k) AS g(x)",
    "row in": "SELECT 1 FROM {0} WHERE (k, 'a') IN (SELECT 1, 'b')",
    "grouping sets": "SELECT k, count(*) FROM {0} GROUP BY ROLLUP (k)",
    "window": "SELECT row_number() OVER (ORDER BY k) FROM {0}",
    "select function": "SELECT generate_series(1, 2)",
    "array subquery": "SELECT ARRAY(SELECT k FROM {0} ORDER BY k)",
}


class Optional(Node):
    """A part that the query can do without."""


class Outcome:
    """A statement and what may be said about its answer."""

    def __init__(self, tree, ordered=False, simple=False):
        self.tree = tree
        self.ordered = ordered
        self.simple = simple  # Every expression is computed for every row, so errors must agree.


class Queries:
    def __init__(self, random, tables, features):
        self.random = random
        self.tables = tables
        self.features = features
        self.aliases = 0
        self.ctes = []
        self.depth = 0

    def has(self, feature, chance):
        return feature in self.features and self.random.random() < chance

    def alias(self):
        self.aliases += 1
        return f"r{self.aliases}"

    def expressions(self, scope, depth=0):
        subquery = self if "subquery" in self.features and self.depth < 2 else None
        return Expressions(self.random, scope, subquery)

    # FROM

    def source(self, outer):
        """(tree, columns) of one item of FROM."""
        alias = self.alias()
        if self.ctes and self.random.random() < 0.5:
            name, columns = self.random.choice(self.ctes)
            return Node("from", f"{name} AS {alias}"), [(f"{alias}.{c}", kind) for c, kind in columns]
        if self.depth < 2 and self.has("derived", 0.12):
            tree, columns = self.plain([], named=True)
            tail = self.order_by(columns) if self.random.random() < 0.3 else []
            return Node("from", "(", tree, *tail, f") AS {alias}"), [(f"{alias}.{c}", kind) for c, kind in columns]
        if self.has("values", 0.05):
            return self.values(alias)
        if self.random.random() < 0.08:
            found = self.function(alias, outer if self.has("lateral function", 1) else [])
            if found:
                return found
        table = self.random.choice(self.tables)
        return Node("from", f"{table.name} AS {alias}"), [(f"{alias}.{c}", kind) for c, kind in table.columns]

    def values(self, alias):
        kinds = [self.random.choice(OUTPUT) for _ in range(self.random.randint(1, 3))]
        make = Expressions(self.random, [])
        parts = ["(VALUES "]
        for i in range(self.random.randint(1, 4)):
            row = Node("row", ", (" if i else "(")
            for n, kind in enumerate(kinds):
                row.parts += [", " if n else "", make.make(kind, 1)]
            row.parts.append(")")
            parts.append(Optional("row", *row.parts) if i else row)
        names = [f"x{i}" for i in range(len(kinds))]
        return Node("from", *parts, f") AS {alias}({', '.join(names)})"), [(f"{alias}.{n}", kind) for n, kind in zip(names, kinds)]

    def function(self, alias, outer):
        """A function that gives rows, or None."""
        make = Expressions(self.random, outer)
        name = self.random.choice(["series", "unnest", "elements"])
        if name not in self.features:
            return None
        columns = [(f"{alias}.x", {"series": "integer", "unnest": "text", "elements": "jsonb"}[name])]
        if name == "series":
            call = Node("call", "generate_series(", self.random.choice(["-1", "0", "1"]), ", ", self.random.choice(["0", "2", "5"]),
                        self.random.choice(["", "", ", 2"]), ")")
        elif name == "unnest":
            call = Node("call", "unnest(", make.make("text[]", 1), ")")
        else:
            call = Node("call", "jsonb_array_elements(jsonb_build_array(", make.make("integer", 1), ", ", make.make("text", 1), "))")
        if self.has("ordinality", 0.3):
            return Node("from", call, f" WITH ORDINALITY AS {alias}(x, n)"), [*columns, (f"{alias}.n", "bigint")]
        return Node("from", call, f" AS {alias}(x)"), columns

    def from_clause(self, outer):
        tree, scope = self.source(outer)
        while self.has("join", 0.35) and len(scope) < 40:
            if self.depth < 2 and self.has("lateral", 0.1):
                alias = self.alias()
                inner, columns = self.plain(scope, named=True)
                right, columns = Node("from", "LATERAL (", inner, f") AS {alias}"), [(f"{alias}.{c}", of) for c, of in columns]
                tree = Node("from", tree, " CROSS JOIN ", right) if self.random.random() < 0.6 else \
                    Node("from", tree, " LEFT JOIN ", right, " ON ", self.join_condition(scope, columns, scope + columns, "LEFT JOIN"))
                scope = scope + columns
                continue
            right, columns = self.source([])
            both = scope + columns
            kind = "JOIN"
            if self.has("outer join", 0.5):
                kind = self.random.choice(["LEFT JOIN", "RIGHT JOIN"])
            elif self.has("full join", 0.25):
                kind = "FULL JOIN"
            if kind == "JOIN" and self.random.random() < 0.1:
                tree = Node("from", tree, " CROSS JOIN ", right)
            else:
                condition = self.join_condition(scope, columns, both, kind)
                tree = Node("from", tree, f" {kind} ", right, " ON ", condition)
            scope = both
        return tree, scope

    def join_condition(self, left, right, both, kind):
        pairs = [(a, b, of) for a, of in left for b, other in right if of == other and of != "jsonb"]
        parts = []
        for a, b, _ in self.random.sample(pairs, min(len(pairs), self.random.choice([1, 1, 1, 2]))):
            parts += [" AND ", Node("boolean", f"{a} = {b}")] if parts else [Node("boolean", f"{a} = {b}")]
        if kind != "FULL JOIN" and self.random.random() < 0.3:
            extra = Expressions(self.random, both).make("boolean", 2)
            if kind != "FULL JOIN" and self.random.random() < 0.2:
                return Node("boolean", extra)
            parts += [Optional("and", " AND ", extra)]
        return Node("on", *parts) if parts and not isinstance(parts[0], Optional) else Node("boolean", "true")

    # Statements

    def plain(self, outer, named=False, kinds=None, group=None):
        """(tree, output columns) of a SELECT without ORDER BY; `kinds` fixes the types of its columns."""
        self.depth += 1
        source, scope = self.from_clause(outer)
        scope_all = scope + outer
        make = self.expressions(scope_all)
        count = len(kinds) if kinds else self.random.randint(1, 3)
        wanted = kinds or [self.random.choice(OUTPUT) for _ in range(count)]
        if group is None:
            group = self.has("group", 0.3)
        where = [Optional("where", " WHERE ", make.make("boolean", 3))] if self.random.random() < 0.6 else []
        tail = []
        if group:
            items, tail = self.grouped(wanted, scope, scope_all)
        else:
            items = [make.make(kind, 3) for kind in wanted]
            if self.has("window", 0.12):
                items = [self.window(kind, scope) or item for kind, item in zip(wanted, items)]
        distinct = [Optional("distinct", "DISTINCT ")] if self.has("distinct", 0.12) else []
        self.depth -= 1
        parts = ["SELECT ", *distinct]
        columns = []
        for i, item in enumerate(items):
            name = f" AS x{i}" if named or self.random.random() < 0.1 else ""
            parts += [Node("item", ", " if i else "", item, name)] if kinds or named or i == 0 else [Optional("item", ", ", item, name)]
            columns.append((f"x{i}", wanted[i]))
        return Node("query", *parts, " FROM ", source, *where, *tail), columns

    def aggregate(self, kind, scope):
        inner = Expressions(self.random, scope)
        known = inner.known_aggregates.get(kind)
        if not known:
            return Node(kind, f"NULL::{kind}")
        tree = inner.fill(kind, self.random.choice(known), 1)
        if self.random.random() < 0.15:
            tree = Node(kind, tree, Optional("filter", " FILTER (WHERE ", inner.make("boolean", 1), ")"))
        return tree

    def grouped(self, wanted, scope, scope_all):
        """Items and the GROUP BY and HAVING clauses."""
        inner = Expressions(self.random, scope)
        keys = []
        for _ in range(self.random.randint(0, 2)):
            kind = self.random.choice(OUTPUT)
            key = inner.column(kind) if self.random.random() < 0.7 else inner.make(kind, 2)
            if any(text in str(key) for text, _ in scope):
                keys.append((key, kind))
        # A grouped expression may be used as if it were a column; an aggregate too.
        def draw(kind):
            of_kind = [str(key) for key, of in keys if of == kind]
            if of_kind and self.random.random() < 0.5:
                return Node(kind, self.random.choice(of_kind))
            return self.aggregate(kind, scope)

        items = []
        for kind in wanted:
            item = draw(kind)
            if self.random.random() < 0.2 and kind in ("bigint", "text", "double precision"):
                item = Node(kind, "(", item, " || " if kind == "text" else " + ", draw(kind), ")")
            items.append(item)
        tail = []
        if keys and self.has("grouping sets", 0.25):
            tail = [" GROUP BY ", self.random.choice(["", "", "DISTINCT "]), self.grouping_sets([str(key) for key, _ in keys])]
            for i, kind in enumerate(wanted):
                if kind == "integer" and self.random.random() < 0.5:
                    items[i] = Node(kind, f"GROUPING({', '.join(str(key) for key, _ in keys)})")
        elif keys:
            tail = [" GROUP BY ", keys[0][0], *[Optional("key", ", ", key) for key, _ in keys[1:]]]
        if keys and self.has("window", 0.15):
            order = ", ".join(f"{key}{self.random.choice(['', ' DESC', ' NULLS FIRST'])}" for key, _ in keys)
            for i, kind in enumerate(wanted):
                if kind == "bigint":
                    items[i] = Node(kind, "(", self.random.choice(["rank()", "dense_rank()", "count(*)", "sum(count(*))"]), f" OVER (ORDER BY {order}))::bigint")
        if self.random.random() < 0.3:
            kind = self.random.choice(["bigint", "text", "double precision"])
            condition = Node("boolean", draw(kind), self.random.choice([" > ", " = ", " IS DISTINCT FROM "]),
                             Expressions(self.random, []).literal(kind))
            tail.append(Optional("having", " HAVING ", condition))
        if not keys and not any("(" in str(item) for item in items):
            items[0] = self.aggregate(wanted[0], scope)
        return items, tail

    def grouping_sets(self, keys):
        """An element of GROUP BY over the texts of its keys."""
        pick = self.random.random()
        if pick < 0.3:
            return f"ROLLUP ({', '.join(keys)})"
        if pick < 0.55:
            return f"CUBE ({', '.join(keys)})"
        if pick < 0.65 and len(keys) > 1:
            return f"{keys[0]}, ROLLUP ({', '.join(keys[1:])})"
        sets = [self.random.sample(keys, self.random.randint(0, len(keys))) for _ in range(self.random.randint(1, 3))]
        sets.append(keys)  # Every key must be somewhere.
        texts = [f"({', '.join(of)})" for of in sets]
        if self.random.random() < 0.2:
            texts.append(f"ROLLUP ({', '.join(keys)})")
        return f"GROUPING SETS ({', '.join(texts)})"

    def total_order(self, scope):
        """Keys that leave no ties: k of every table; None where something without a key is read."""
        keys = [text for text, _ in scope if text.endswith(".k")]
        if len(keys) < len({text.split(".")[0] for text, _ in scope}):
            return None
        self.random.shuffle(keys)
        return ", ".join(key + self.random.choice(["", "", " DESC", " NULLS FIRST"]) for key in keys)

    def frame(self, ties):
        """A frame; one that counts rows only where the order leaves no ties."""
        bounds = ["UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "3 FOLLOWING", "UNBOUNDED FOLLOWING"]
        first = self.random.randint(0, len(bounds) - 2)
        last = self.random.randint(max(first, 1), len(bounds) - 1)
        unit = self.random.choice(["GROUPS", "RANGE"] if ties else ["ROWS", "ROWS", "GROUPS", "RANGE"])
        if unit == "RANGE":  # Offsets of a range need one key of a type that adds.
            first, last = self.random.choice([(0, 3), (0, 6), (3, 6), (3, 3)])
        exclude = ["", "", "", " EXCLUDE GROUP", " EXCLUDE TIES"] + ([] if ties else [" EXCLUDE CURRENT ROW"])
        return f" {unit} BETWEEN {bounds[first]} AND {bounds[last]}{self.random.choice(exclude)}"

    def window(self, kind, scope):
        """A window function of this type, or None. Its answer does not depend on the order of ties."""
        make = Expressions(self.random, scope)
        partition = ""
        if self.random.random() < 0.6:
            keys = [make.make(self.random.choice(OUTPUT), 1) for _ in range(self.random.randint(1, 2))]
            partition = "PARTITION BY " + ", ".join(f"({key})" for key in keys)
        total = None if self.random.random() < 0.4 else self.total_order(scope)
        ties = total is None
        if ties:
            order = " ORDER BY " + str(Node("key", "(", make.make(self.random.choice(OUTPUT), 1), ")")) + self.random.choice(["", " DESC", " NULLS FIRST"])
        else:
            order = f" ORDER BY {total}"
        functions = {"bigint": ["rank()", "dense_rank()"], "double precision": ["percent_rank()", "cume_dist()"]}.get(kind, [])
        if not ties:
            functions = functions + {"bigint": ["row_number()"], "integer": ["ntile(`1|2|3|7`)"]}.get(kind, [])
            if not kind.endswith("[]"):
                functions = functions + [f"`lag|lead`({{{kind}}})", f"`lag|lead`({{{kind}}}, `0|1|2`, {{{kind}!}})"]
        framed = [] if ties or kind.endswith("[]") else [f"`first_value|last_value`({{{kind}}})", f"nth_value({{{kind}}}, `1|2|3`)"]
        framed += [form for form in make.known_aggregates.get(kind, []) if "DISTINCT" not in form and "ORDER BY" not in form]
        pick = self.random.choice(functions + framed) if functions + framed else None
        if pick is None:
            return None
        call = make.fill(kind, self.random.choice(alternatives(pick)), 1)
        tail = []
        if pick in framed:
            if make.known_aggregates.get(kind) and pick in make.known_aggregates[kind] and self.random.random() < 0.15:
                call = Node(kind, call, Optional("filter", " FILTER (WHERE ", make.make("boolean", 1), ")"))
            if self.random.random() < 0.6:
                tail = [Optional("frame", self.frame(ties))]
        return Node(kind, call, " OVER (", Optional("partition", partition), order, *tail, ")")

    # What Expressions asks for

    def scalar(self, kind, make):
        outer = make.columns if "correlated" in self.features and self.random.random() < 0.4 else []
        tree, _ = self.subselect([kind], outer)
        return Node(kind, "(", tree, ")")

    def subselect(self, kinds, outer):
        """One row: an aggregate without GROUP BY."""
        self.depth += 1
        source, scope = self.from_clause(outer)
        items = [self.aggregate(kind, scope) for kind in kinds]
        where = [Optional("where", " WHERE ", Expressions(self.random, scope + outer).make("boolean", 2))] \
            if self.random.random() < 0.7 else []
        self.depth -= 1
        return Node("query", "SELECT ", items[0], " FROM ", source, *where, *(
            [] if "(" in str(items[0]) else [" LIMIT 1"])), None

    def predicate(self, make):
        outer = make.columns if "correlated" in self.features and self.random.random() < 0.5 else []
        if self.has("exists", 0.4):
            tree, _ = self.plain(outer)
            return Node("boolean", self.random.choice(["EXISTS (", "NOT EXISTS ("]), tree, ")")
        kind = self.random.choice(OUTPUT)
        tree, _ = self.plain(outer, kinds=[kind])
        if self.has("row in", 0.15):
            other = self.random.choice(OUTPUT)
            pair, _ = self.plain(outer, kinds=[kind, other])
            return Node("boolean", "((", make.make(kind, 1), ", ", make.make(other, 1), self.random.choice([") IN (", ") NOT IN ("]), pair, "))")
        if self.random.random() < 0.7:
            return Node("boolean", "(", make.make(kind, 1), self.random.choice([" IN (", " NOT IN ("]), tree, "))")
        sign = self.random.choice([" = ANY (", " < ALL (", " > ANY (", " <> ALL ("])
        return Node("boolean", "(", make.make(kind, 1), sign, tree, "))")

    # The whole statement

    def with_clause(self):
        """WITH and what follows may name; empty when there is none."""
        self.ctes = []
        parts = []
        if self.has("cte", 0.12):
            for i in range(self.random.randint(1, 2)):
                tree, columns = self.plain([], named=True)
                parts += [", " if i else "WITH ", f"c{i} AS ", self.random.choice(["", "", "MATERIALIZED "]), "(", tree, ")"]
                self.ctes.append((f"c{i}", columns))
            parts.append(" ")
        return parts

    def order_by(self, columns):
        """ORDER BY all output columns, so that the order is total, and perhaps LIMIT."""
        order = list(range(1, len(columns) + 1))
        self.random.shuffle(order)
        keys = [f"{i}{self.random.choice(['', ' ASC', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}" for i in order]
        limit = []
        if self.random.random() < 0.5:
            limit.append(Optional("limit", f" LIMIT {self.random.randint(0, 8)}"))
            if self.random.random() < 0.4:
                limit.append(Optional("offset", f" OFFSET {self.random.randint(0, 6)}"))
        return [" ORDER BY " + ", ".join(keys), *limit]

    def statement(self):
        self.aliases = 0
        self.depth = 0
        if self.random.random() < 0.12:
            return self.simple()
        ctes = self.with_clause()
        if self.has("set", 0.12):
            tree, columns = self.set_operation()
        else:
            tree, columns = self.plain([], kinds=None)
        self.ctes = []
        if self.has("distinct on", 0.05):
            named, columns = self.plain([], named=True)
            keys = ", ".join(f"x{i}" for i in range(self.random.randint(1, len(columns))))
            tree = Node("query", f"SELECT DISTINCT ON ({keys}) {', '.join(c for c, _ in columns)} FROM (", named, ") AS d ORDER BY ",
                        ", ".join(c + self.random.choice(["", " DESC", " NULLS FIRST"]) for c, _ in columns))
            return Outcome(Node("statement", tree), True)
        ordered = self.random.random() < 0.35
        tail = []
        if ordered:
            tail = self.order_by(columns)
        return Outcome(Node("statement", *ctes, tree, *tail), ordered)

    def set_operation(self):
        kinds = [self.random.choice(OUTPUT) for _ in range(self.random.randint(1, 2))]
        tree, columns = self.plain([], kinds=kinds)
        for _ in range(self.random.randint(1, 2)):
            sign = self.random.choice(["UNION", "INTERSECT", "EXCEPT"]) + self.random.choice(["", " ALL"])
            right, _ = self.plain([], kinds=kinds)
            tree = Node("query", "(", tree, f") {sign} (", right, ")") if self.random.random() < 0.5 else \
                Node("query", tree, Optional("set", f" {sign} ", right))
        return tree, columns

    def simple(self):
        # Over no rows, nothing has to be computed.
        table = self.random.choice([table for table in self.tables if table.rows])
        make = Expressions(self.random, table.columns)
        items = [make.make(self.random.choice(OUTPUT + ["jsonb"]), 3)]
        tree = Node("query", "SELECT ", items[0], f" FROM {table.name}")
        lazy = any(word in str(tree) for word in ("CASE", "coalesce", " AND ", " OR ", "nullif", " IN (", "ANY", "ALL", "BETWEEN", "NULL"))
        return Outcome(tree, False, not lazy)
