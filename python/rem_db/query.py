"""Predicates and `Query`: what to read, as objects. They are sent to the engine as JSON and run there, with its indexes.

A field is looked up as a column of the table, then in the object `properties`, then in `metadata`; `"priority.level"`
reaches into objects. A comparison with None is false; `Contains`, `StartsWith` and `EndsWith` are case-sensitive.
"""

from enum import Enum


class Order(str, Enum):
    """Direction of `Query.sort`."""

    ASC = "asc"
    DESC = "desc"


class Predicate:
    """Base of all predicates. `a & b`, `a | b` and `~a` combine them."""

    def to_spec(self):
        """Returns the predicate as the engine reads it, a dict that JSON can hold."""
        raise TypeError(f"{type(self).__name__} is no predicate by itself; use Eq, Gt, And, ... of rem_db")

    def __and__(self, other):
        return And(self, other)

    def __or__(self, other):
        return Or(self, other)

    def __invert__(self):
        return Not(self)

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None


class _Comparison(Predicate):
    _op = ""

    def __init__(self, field, value):
        self.field = field
        self.value = value

    def to_spec(self):
        return {"op": self._op, "field": _field_name(self.field), "value": self.value}

    def __repr__(self):
        return f"{type(self).__name__}({self.field!r}, {self.value!r})"


class Eq(_Comparison):
    """`field` equals `value`."""

    _op = "eq"


class Ne(_Comparison):
    """`field` differs from `value`; false where the field is absent."""

    _op = "ne"


class Gt(_Comparison):
    """`field` is greater than `value`."""

    _op = "gt"


class Gte(_Comparison):
    """`field` is greater than or equal to `value`."""

    _op = "gte"


class Lt(_Comparison):
    """`field` is less than `value`."""

    _op = "lt"


class Lte(_Comparison):
    """`field` is less than or equal to `value`."""

    _op = "lte"


class Contains(_Comparison):
    """The text `field` contains the text `value`, or the list `field` holds the element `value`."""

    _op = "contains"


class StartsWith(_Comparison):
    """The text `field` starts with `value`."""

    _op = "starts_with"


class EndsWith(_Comparison):
    """The text `field` ends with `value`."""

    _op = "ends_with"


class _Membership(Predicate):
    _op = ""

    def __init__(self, field, values):
        if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
            raise TypeError(f"{type(self).__name__} needs a list of values, not {type(values).__name__}")
        self.field = field
        self.values = list(values)

    def to_spec(self):
        return {"op": self._op, "field": _field_name(self.field), "value": self.values}

    def __repr__(self):
        return f"{type(self).__name__}({self.field!r}, {self.values!r})"


class In(_Membership):
    """`field` equals one of `values`."""

    _op = "in"


class NotIn(_Membership):
    """`field` is there and equals none of `values`."""

    _op = "not_in"


class _Presence(Predicate):
    _op = ""

    def __init__(self, field):
        self.field = field

    def to_spec(self):
        return {"op": self._op, "field": _field_name(self.field)}

    def __repr__(self):
        return f"{type(self).__name__}({self.field!r})"


class Exists(_Presence):
    """`field` is there and not null."""

    _op = "exists"


class NotExists(_Presence):
    """`field` is absent or null."""

    _op = "not_exists"


class _Combination(Predicate):
    _op = ""

    def __init__(self, *predicates):
        if len(predicates) == 1 and isinstance(predicates[0], (list, tuple)):
            predicates = predicates[0]
        self.predicates = [_checked(predicate) for predicate in predicates]

    def to_spec(self):
        return {"op": self._op, "predicates": [predicate.to_spec() for predicate in self.predicates]}

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(map(repr, self.predicates))})"


class And(_Combination):
    """Every predicate holds: `And(a, b)` or `And([a, b])`."""

    _op = "and"


class Or(_Combination):
    """At least one predicate holds: `Or(a, b)` or `Or([a, b])`."""

    _op = "or"


class Not(Predicate):
    """The predicate does not hold."""

    def __init__(self, predicate):
        self.predicate = _checked(predicate)

    def to_spec(self):
        return {"op": "not", "predicate": self.predicate.to_spec()}

    def __repr__(self):
        return f"Not({self.predicate!r})"


class All(Predicate):
    """Everything."""

    def to_spec(self):
        return {"op": "all"}

    def __repr__(self):
        return "All()"


class Query:
    """Filters, order and a range of rows. Every method changes the query and returns it.

    >>> Query().filter(Eq("category", "guide")).sort("name", Order.DESC).skip(10).take(5)  # doctest: +SKIP

    Filters are ANDed; an empty query is everything.
    """

    def __init__(self):
        self.predicates = []
        self.order = []
        self.offset = 0
        self.limit = None

    def filter(self, predicate):
        """Adds a filter. Raises TypeError for what is no predicate."""
        self.predicates.append(_checked(predicate))
        return self

    def sort(self, field, order=Order.ASC):
        """Orders by `field`; called again, adds a lower-ranking key. `order` is an Order or its text, "asc" or "desc"."""
        self.order.append((_field_name(field), Order(order)))
        return self

    def skip(self, n):
        """Leaves out the first `n` rows. Raises ValueError below 0."""
        self.offset = _count("skip", n)
        return self

    def take(self, n):
        """Returns at most `n` rows. Raises ValueError below 0."""
        self.limit = _count("take", n)
        return self

    def to_spec(self):
        """Returns the query as the engine reads it, a dict that JSON can hold."""
        spec = {
            "filters": [predicate.to_spec() for predicate in self.predicates],
            "sort": [{"field": field, "order": order.value} for field, order in self.order],
            "skip": self.offset,
        }
        if self.limit is not None:
            spec["take"] = self.limit
        return spec

    def __repr__(self):
        parts = [f"filter({predicate!r})" for predicate in self.predicates]
        parts += [f"sort({field!r}, Order.{order.name})" for field, order in self.order]
        if self.offset:
            parts.append(f"skip({self.offset})")
        if self.limit is not None:
            parts.append(f"take({self.limit})")
        return ".".join(["Query()", *parts])


def _field_name(field):
    if not isinstance(field, str) or not field:
        raise TypeError(f"a field is named by text, not by {field!r}")
    return field


def _checked(predicate):
    if not isinstance(predicate, Predicate):
        raise TypeError(f"not a predicate: {predicate!r}; use Eq(field, value) and the like")
    return predicate


def _count(name, n):
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"{name} needs an int, not {type(n).__name__}")
    if n < 0:
        raise ValueError(f"{name} must not be negative: {n}")
    return n
