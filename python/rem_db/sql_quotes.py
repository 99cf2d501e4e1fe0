"""Double-quoted text in SQL: where it names no column, it is a text literal.

PostgreSQL's double quotes name columns and tables only. `sql()` also takes `category = "electronics"` and
`embedding.cosine("query text")`, as the prototype did, so such names become single-quoted literals before the engine
sees the statement.
"""

import re

_TOKEN = re.compile(
    r"""
    (?P<skip>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|(?P<dollar>\$(?:[A-Za-z_]\w*)?\$).*?(?P=dollar))
    |"(?P<quoted>(?:[^"]|"")+)"
    |(?P<word>[^\W\d]\w*)
    |(?P<mark>[^\s\w])
    """,
    re.VERBOSE | re.DOTALL,
)
_SYSTEM_COLUMNS = {"id", "created_at", "modified_at", "deleted_at", "_score"}
_KEYWORDS = frozenset(
    "all and any as asc between by case cast count delete desc distinct else end exists false from full group having in"
    " inner insert into is join left like limit not null nulls offset on or order outer right select set sum then true"
    " union update using values when where with".split())
_NAMES_FOLLOW = {"from", "join", "into", "update", "table", "index", "as", "collate"}


def literals_for_quotes(text, columns_of):
    """Returns the statement with the double-quoted texts that name no column turned into literals.

    `columns_of(name)` gives the column names of a table, or None where there is no such table.
    """
    if '"' not in text:
        return text
    tokens = [found for found in _TOKEN.finditer(text) if not found.group("skip")]
    names = _known_names(tokens, columns_of)
    pieces, end = [], 0
    for i, token in enumerate(tokens):
        quoted = token.group("quoted")
        if quoted is None or quoted.replace('""', '"') in names or _is_qualified(tokens, i):
            continue
        pieces += [text[end:token.start()], "'", quoted.replace('""', '"').replace("'", "''"), "'"]
        end = token.end()
    return "".join([*pieces, text[end:]])


def _known_names(tokens, columns_of):
    """Columns of every table that the statement mentions, names after AS, FROM and the like."""
    names = set(_SYSTEM_COLUMNS)
    for i, token in enumerate(tokens):
        name = token.group("word") or (token.group("quoted") or "").replace('""', '"')
        if not name:
            continue
        before = (tokens[i - 1].group("word") or "").lower() if i else ""
        if token.group("quoted") and before in _NAMES_FOLLOW:
            names.add(name)
        # Any other word may be a table; one that is none adds nothing.
        columns = None if name.lower() in _KEYWORDS else columns_of(name)
        if columns is not None:
            names.update(columns)
    return names


def _is_qualified(tokens, i):
    """True for `t."name"` and `"t".name`, which cannot be literals."""
    before = tokens[i - 1].group("mark") if i else None
    after = tokens[i + 1].group("mark") if i + 1 < len(tokens) else None
    return before == "." or after == "."
