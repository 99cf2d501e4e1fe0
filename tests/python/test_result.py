from datetime import datetime, timezone
from uuid import UUID

import pytest

from rem_db import Result, errors

ROWS = 10_000


@pytest.fixture
def numbers(records):
    records.register_schema("numbers", {"type": "object", "properties": {
        "n": {"type": "integer"}, "text": {"type": "string"}, "facts": {"type": "object"}}})
    records.insert_batch("numbers", [{"n": n, "text": f"<{n}>", "facts": {"odd": n % 2 == 1}} for n in range(ROWS)])
    return records


def test_columns_keep_their_order_and_duplicates(numbers):
    result = numbers.execute("SELECT text, n, n FROM numbers WHERE n < 2 ORDER BY n")
    assert isinstance(result, Result)
    assert result.columns == ["text", "n", "n"] and result.column_types == ["text", "bigint", "bigint"]
    assert result.rowcount == -1
    assert result.fetchall() == [("<0>", 0, 0), ("<1>", 1, 1)]
    assert result.fetchall() == [] and result.fetchone() is None and result.fetchmany(3) == []


def test_every_way_to_fetch_gives_each_row_once(numbers):
    result = numbers.execute("SELECT n FROM numbers ORDER BY n")
    got = [result.fetchone()[0], *(row[0] for row in result.fetchmany(3)), next(result)[0]]
    got += [row[0] for row in result.fetchmany(200)]
    for row in result:
        got.append(row[0])
        if len(got) == 1000:
            break
    got += [row[0] for row in result.fetchmany()]
    got += [row[0] for row in result.fetchall()]
    assert got == list(range(ROWS))
    with pytest.raises(ValueError):
        result.fetchmany(-1)


def test_values_have_python_types(numbers):
    row = numbers.execute("SELECT id, created_at, facts, text FROM numbers WHERE n = 7").fetchone()
    assert isinstance(row[0], UUID) and isinstance(row[1], datetime) and row[1].tzinfo is timezone.utc
    assert abs((datetime.now(timezone.utc) - row[1]).total_seconds()) < 600
    assert row[2:] == ({"odd": True}, "<7>")
    assert numbers.get(row[0])["n"] == 7


def test_parameters_of_every_type_find_their_row(numbers):
    id, created = numbers.execute("SELECT id, created_at FROM numbers WHERE n = $1", [7]).fetchone()
    for column, value in (("n", 7), ("text", "<7>"), ("id", id), ("id", str(id))):
        rows = numbers.execute(f"SELECT n FROM numbers WHERE {column} = $1", (value,)).fetchall()
        assert rows == [(7,)], column
    assert (7,) in numbers.execute("SELECT n FROM numbers WHERE created_at = $1", [created]).fetchall()
    assert numbers.execute("SELECT n FROM numbers WHERE n = $1", [None]).fetchall() == []
    with pytest.raises(errors.InvalidArgument, match="list"):
        numbers.execute("SELECT n FROM numbers WHERE n = $1", "7")
    with pytest.raises(errors.InvalidArgument):
        numbers.execute("SELECT n FROM numbers WHERE n = $1", [b"7"])


def test_double_quotes_name_columns_only(numbers):
    assert numbers.execute('SELECT "n" FROM numbers WHERE "n" = 3').fetchall() == [(3,)]


def test_pandas_gets_a_frame(numbers):
    frame = numbers.execute("SELECT n, text FROM numbers ORDER BY n LIMIT 3").df()
    assert list(frame.columns) == ["n", "text"] and frame["n"].tolist() == [0, 1, 2]


def test_notebooks_get_a_table_and_the_rows_stay(numbers):
    result = numbers.execute("SELECT n, text FROM numbers ORDER BY n")
    shown = result._repr_html_()
    assert shown.startswith("<table>") and "<th>text</th>" in shown and "<td>&lt;19&gt;</td>" in shown
    assert "<td>20</td>" not in shown and "…" in shown
    assert result.fetchone() == (0, "<0>") and len(result.fetchall()) == ROWS - 1
    assert "NULL" in numbers.execute("SELECT deleted_at FROM numbers LIMIT 1")._repr_html_()
    assert repr(result) == "<Result n, text>"


def test_a_closed_result_says_so(numbers):
    with numbers.execute("SELECT n FROM numbers") as result:
        assert result.fetchone() is not None
    with pytest.raises(errors.Closed, match="Result is closed"):
        result.fetchone()


def test_closing_the_database_closes_its_results(numbers, tmp_path, run_python):
    result = numbers.execute("SELECT n FROM numbers")
    result.fetchone()
    numbers.close()
    with pytest.raises(errors.Closed):
        result.fetchall()
    # The lock is gone, too: another process can open the path although the result object still lives.
    assert run_python("import sys; from rem_db import Database; print(Database(sys.argv[1]).count('numbers'))",
                      tmp_path / "db").strip() == str(ROWS)


def test_a_result_reads_the_snapshot_of_its_start(numbers):
    result = numbers.execute("SELECT n FROM numbers")
    result.fetchone()
    numbers.insert("numbers", {"n": -1})
    rest = result.fetchall()
    assert len(rest) == ROWS - 1 and (-1,) not in rest
