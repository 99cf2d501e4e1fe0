"""Random SQL expressions of a wanted type, as trees, so that a failing query can be made shorter.

A tree is a list of strings and trees; `Node` adds the type, which tells the reducer what may stand in its place.
"""

import re

import forms
import tables

PART = re.compile(r"\{[a-z \[\]]+[!@#]?\}")


class Node:
    """An expression of type `kind` made of `parts`: texts and nodes."""

    def __init__(self, kind, *parts):
        self.kind = kind
        self.parts = list(parts)

    def __str__(self):
        return "".join(map(str, self.parts))

    def children(self):
        return [part for part in self.parts if isinstance(part, Node)]


def alternatives(form):
    """Every text that the choices of a form allow."""
    match = re.search(r"`([^`]*)`", form)
    if not match:
        return [form]
    return [text for choice in match[1].split("|") for text in alternatives(form[:match.start()] + choice + form[match.end():])]


def probe_text(form):
    """The form over literals, to see whether it is known."""
    return PART.sub(lambda match: probe_literal(match[0][1:-1].rstrip("!@#")), form)


def probe_literal(kind):
    kind = "text" if kind == "any" else kind
    return forms.LITERALS[kind][-1] if kind in forms.LITERALS else tables.literal_text(kind, tables.VALUES[kind][1])


# Every form there is, by type; sql_diff.py leaves those that both sides know.
ALL = {kind: [text for form in of for text in alternatives(form)] for kind, of in forms.FORMS.items()}
AGGREGATES = {kind: [text for form in of for text in alternatives(form)] for kind, of in forms.AGGREGATES.items()}
COMPARISONS = {kind: [text for form in forms.of_kind(forms.COMPARISONS, kind) for text in alternatives(form)] for kind in forms.FORMS}


class Expressions:
    """Draws expressions over `columns`: (SQL text, type) pairs in scope. `subquery` makes subqueries, if given."""

    known = ALL  # Set from what the probes of sql_diff.py answer.
    known_comparisons = COMPARISONS
    known_aggregates = AGGREGATES

    def __init__(self, random, columns, subquery=None):
        self.random = random
        self.columns = columns
        self.subquery = subquery

    def literal(self, kind):
        if self.random.random() < 0.06:
            return Node(kind, f"NULL::{kind}")
        return Node(kind, tables.literal_text(kind, self.random.choice(tables.VALUES[kind][:10])))

    def column(self, kind):
        fitting = [name for name, of in self.columns if of == kind]
        if not fitting and kind in tables.MADE_OF:
            source, template = tables.MADE_OF[kind]
            fitting = [template.format(name) for name, of in self.columns if of == source]
        return Node(kind, self.random.choice(fitting)) if fitting else self.literal(kind)

    def make(self, kind, depth):
        if depth <= 0 or self.random.random() < 0.25:
            return self.column(kind) if self.random.random() < 0.7 else self.literal(kind)
        if self.subquery and kind != "jsonb" and self.random.random() < 0.04:
            return self.subquery.scalar(kind, self)
        if kind == "boolean":
            if self.subquery and self.random.random() < 0.12:
                return self.subquery.predicate(self)
            if self.random.random() < 0.5:
                of = self.random.choice(tables.OUTPUT if self.random.random() < 0.9 else ["jsonb"])
                return self.fill(kind, self.random.choice(self.known_comparisons[of] or ["true"]), depth - 1)
        known = self.known[kind]
        return self.fill(kind, self.random.choice(known), depth - 1) if known else self.column(kind)

    def fill(self, kind, form, depth):
        parts, at, same = [], 0, {}
        for match in PART.finditer(form):
            parts.append(form[at:match.start()])
            name = match[0][1:-1]
            part = same.get(name) or self.part(name.rstrip("#"), depth)
            if name.endswith("#"):
                same[name] = part
            parts.append(part)
            at = match.end()
        return Node(kind, *parts, form[at:])

    def part(self, name, depth):
        if name.rstrip("!") in forms.LITERALS:
            return self.random.choice(forms.LITERALS[name.rstrip("!")])
        if name == "any":
            return self.make(self.random.choice(tables.OUTPUT), depth)
        if name.endswith("!"):
            return self.literal(name[:-1])
        if name.endswith("@"):
            return Expressions(self.random, self.columns).make(name[:-1], depth)
        return self.make(name, depth)
