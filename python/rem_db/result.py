"""The rows of one statement."""

import html

_FIRST_CHUNK = 64
_LAST_CHUNK = 4096
_SHOWN_ROWS = 20


class Result:
    """Rows of one statement, computed as they are asked for, from one snapshot taken when the statement started.

    Values are Python's: timestamptz an aware datetime, uuid a uuid.UUID, jsonb a dict or list, vector a list of floats.
    Iterate over it, or fetch; what was fetched is gone from it. A result keeps its database open until it is exhausted,
    closed or dropped; closing the database closes it.
    """

    def __init__(self, rows):
        """`rows` is the engine's result; see `execute`."""
        self._rows = rows
        self._column_types = rows.columns
        self._buffer = []
        self._position = 0
        self._chunk = _FIRST_CHUNK

    @property
    def columns(self):
        """Names of the columns in order; a name may occur twice."""
        return [name for name, _ in self._column_types]

    @property
    def column_types(self):
        """PostgreSQL's names of the columns' types, in order."""
        return [column_type for _, column_type in self._column_types]

    @property
    def rowcount(self):
        """Rows that INSERT, UPDATE or DELETE changed; -1 for a query."""
        return self._rows.affected_rows

    def fetchone(self):
        """Returns the next row as a tuple, or None after the last."""
        return self._buffer_row() if self._fill() else None

    def fetchmany(self, size=100):
        """Returns at most `size` next rows as a list of tuples. Raises ValueError for a negative size."""
        if size < 0:
            raise ValueError(f"size must not be negative: {size}")
        rows = self._take_buffer(size)
        while len(rows) < size:
            more = self._rows.fetch(min(size - len(rows), _LAST_CHUNK))
            if not more:
                break
            rows += more
        return rows

    def fetchall(self):
        """Returns all remaining rows as a list of tuples."""
        rows = self._take_buffer(len(self._buffer))
        while more := self._rows.fetch(_LAST_CHUNK):
            rows += more
        return rows

    def __iter__(self):
        return self

    def __next__(self):
        if not self._fill():
            raise StopIteration
        return self._buffer_row()

    def df(self):
        """Returns the remaining rows as a pandas DataFrame. Raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame.from_records(self.fetchall(), columns=self.columns)

    def close(self):
        """Lets go of the rows that are left; fetching more raises Closed."""
        self._buffer, self._position = [], 0
        self._rows.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __repr__(self):
        return f"<Result {', '.join(self.columns)}>"

    def _repr_html_(self):
        """The next rows as a table, for notebooks. They stay in the result."""
        ahead = self._take_buffer(len(self._buffer))
        if len(ahead) <= _SHOWN_ROWS:
            ahead += self._rows.fetch(_SHOWN_ROWS + 1 - len(ahead))
        self._buffer, self._position = ahead, 0
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in ahead[:_SHOWN_ROWS])
        more = "<p>…</p>" if len(ahead) > _SHOWN_ROWS else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def _fill(self):
        """Makes sure that a row is in the buffer; False after the last."""
        if self._position < len(self._buffer):
            return True
        # The first chunk is small, for the sake of who wants one row; later ones grow, for the sake of who wants all.
        self._buffer, self._position = self._rows.fetch(self._chunk), 0
        self._chunk = min(self._chunk * 4, _LAST_CHUNK)
        return bool(self._buffer)

    def _buffer_row(self):
        self._position += 1
        return self._buffer[self._position - 1]

    def _take_buffer(self, size):
        rows = self._buffer[self._position:self._position + size]
        self._position += len(rows)
        return rows


def _cell(value):
    if value is None:
        return "<i>NULL</i>"
    text = str(value)
    return html.escape(text if len(text) <= 200 else text[:200] + "…")
