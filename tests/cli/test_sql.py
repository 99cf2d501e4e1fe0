"""SQL and search by meaning: formats, errors with their place, several statements, terminals."""

import csv
import io
import json
import signal
import subprocess
import time

import pytest

from cli_harness import BINARY
from terminal import run_on_terminal


@pytest.fixture
def notes(cli):
    rows = [{"name": "apple", "text": "red fruit, \"sweet\"", "size": 10}, {"name": "brick", "text": "line\nbreak", "size": -2000},
            {"name": "日本", "text": "", "size": None}]
    cli.ok("insert", "notes", "--data", json.dumps(rows))
    return cli


def test_table_has_borders_right_aligned_numbers_and_a_footer(notes):
    text = notes.ok("sql", "SELECT name, size, text FROM notes ORDER BY name")
    assert text == (
        " name  | size  |        text\n"
        "-------+-------+--------------------\n"
        " apple |    10 | red fruit, \"sweet\"\n"
        " brick | -2000 | line\\nbreak\n"
        " 日本  |       |\n"
        "(3 rows)\n"
    )


def test_one_row_is_a_row(notes):
    assert notes.ok("sql", "SELECT count(*) AS n FROM notes").endswith("(1 row)\n")


def test_csv_reads_back_and_tells_null_from_empty(notes):
    text = notes.ok("sql", "SELECT name, text, size FROM notes ORDER BY name", "-o", "csv")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["name", "text", "size"], ["apple", 'red fruit, "sweet"', "10"], ["brick", "line\nbreak", "-2000"], ["日本", "", ""]]
    assert text.endswith('日本,"",\r\n')


def test_json_keeps_the_order_of_columns(notes):
    text = notes.ok("sql", "SELECT size, name FROM notes ORDER BY name LIMIT 1", "-o", "json")
    assert json.loads(text) == [{"size": 10, "name": "apple"}] and text.index("size") < text.index("name")
    assert notes.json("sql", "SELECT name FROM notes WHERE size < 0") == [{"name": "brick"}]
    assert notes.json("sql", "SELECT name FROM notes WHERE size = 99") == []


def test_json_lines_are_one_object_each(notes):
    lines = notes.ok("sql", "SELECT name FROM notes ORDER BY name", "-o", "jsonl").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["apple", "brick", "日本"]


def test_repeated_column_names_stay_apart_in_json(notes):
    row = notes.json("sql", "SELECT name, size AS name, size AS name_2 FROM notes WHERE size = 10")[0]
    assert row == {"name": "apple", "name_3": 10, "name_2": 10}


def test_star_follows_the_declared_order(notes):
    header = notes.ok("sql", "SELECT * FROM notes", "-o", "csv").splitlines()[0].split(",")
    assert [name for name in header if name in ("text", "name", "size")] == ["text", "name", "size"]


def test_statements_come_from_standard_input_and_files(notes):
    assert '"n":3' in notes.ok("sql", "-", "-o", "jsonl", stdin="SELECT count(*) AS n FROM notes")
    (notes.directory / "q.sql").write_text("-- a comment; not an end\nSELECT name FROM notes WHERE text <> 'a;b' ORDER BY name LIMIT 1;\n\n"
                                           "SELECT count(*) AS n FROM notes /* the ; end */;")
    assert notes.ok("sql", "--file", "q.sql", "-o", "jsonl") == '{"name":"apple"}\n{"n":3}\n'


def test_the_first_failing_statement_ends_the_script(notes):
    finished = notes.run("sql", "SELECT count(*) FROM notes; SELECT nmae FROM notes; SELECT name FROM notes", "-o", "jsonl")
    assert finished.returncode == 1 and len(finished.stdout.splitlines()) == 1


def test_an_error_shows_its_place(notes):
    error = notes.fails("sql", "SELECT name\nFROM notes\nWHERE name = '日本' AND nmae = 1")
    lines = error.splitlines()
    assert lines[0].startswith("error: ") and "nmae" in lines[0]
    place = next(i for i, line in enumerate(lines) if line.startswith("  WHERE"))
    # Wide characters take two columns of the terminal.
    assert lines[place + 1].index("^") == lines[place].index("nmae") + 2
    assert any(line.startswith("hint: ") and "name" in line for line in lines)


def test_an_error_as_json_has_its_position(notes):
    error = json.loads(notes.fails("sql", "SELECT nmae FROM notes", "--json"))
    assert error["position"] == 8 and error["sqlstate"] == "42703"


@pytest.mark.parametrize("statement", ["SELECT FROM", "SELEC 1", "SELECT * FROM noets", "SELECT 'open"])
def test_bad_statements_fail_with_an_explanation(notes, statement):
    assert notes.fails("sql", statement).startswith("error: ")


def test_a_closed_pipe_ends_a_long_result_quietly(cli):
    cli.ok("insert", "notes", "-", stdin="".join(json.dumps({"name": f"n{i}", "text": "x" * 200}) + "\n" for i in range(3000)))
    script = f"'{BINARY}' sql 'SELECT * FROM notes' -o csv | head -n 1; echo ${{PIPESTATUS[0]}}"
    finished = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=cli.environment, check=True)
    assert finished.stderr == "" and finished.stdout.splitlines()[-1] == "0"
    table = cli.ok("sql", "SELECT name, size FROM notes").splitlines()
    assert len(table) == 3003 and table[-1] == "(3000 rows)"


def test_a_terminal_gets_timing_and_dim_nulls(notes):
    code, shown = run_on_terminal([str(BINARY), "sql", "SELECT name, size FROM notes"], 80, notes.environment, notes.directory)
    assert code == 0 and "Time: " in shown and "\x1b[2mNULL\x1b[0m" in shown
    assert "Time" not in notes.run("sql", "SELECT name FROM notes").stderr


def test_query_finds_by_meaning_best_first(notes):
    hits = notes.json("query", "sweet red fruit", "--table", "notes", "--top-k", "2")
    assert hits[0]["properties"]["name"] == "apple" and hits == sorted(hits, key=lambda hit: -hit["score"]) and len(hits) <= 2
    assert "apple" in notes.ok("query", "sweet red fruit").splitlines()[2]


def test_query_searches_every_table_with_embeddings(notes):
    notes.ok("insert", "resources", "--data", '{"name": "doc", "content": "a sweet red fruit"}')
    assert {hit["table"] for hit in notes.json("query", "sweet red fruit")} == {"notes", "resources"}


def test_query_leaves_out_low_scores(notes):
    assert notes.json("query", "sweet red fruit", "--table", "notes", "--min-score", "1.5") == []
    assert "does not exist" in notes.fails("query", "x", "--table", "noets")


def test_ctrl_c_ends_the_statement_with_an_error(notes):
    endless = "SELECT count(*) FROM " + ", ".join(f"notes n{i}" for i in range(30))
    running = subprocess.Popen([str(BINARY), "sql", endless], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=notes.directory,
                               env=notes.environment)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (1, b"")
    assert b"canceling statement due to user request" in err
    assert notes.count("notes") == 3
