"""Records: insert with rejects, get, lookup, delete, restore, and what a terminal shows meanwhile."""

import fcntl
import json
import signal
import struct
import subprocess
import termios
import time

import pytest

from cli_harness import BINARY
from terminal import run_on_terminal

MIXED = """\
{"name": "a", "size": 1}
{"name": "b", "size": "large"}
not json

{"size": 3}
{"name": "c"}
{"name": "d", "name": "e"}
[1]
"""


def wait_until_read(pipe):
    """Waits until the other end of a pipe has taken everything that was written."""
    deadline = time.monotonic() + 60
    while struct.unpack("i", fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0" * 4))[0] > 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def rejects(path):
    return {line["line"]: line for line in map(json.loads, path.read_text().splitlines())}


def test_data_inserts_one_record_and_prints_its_id(cli):
    record = cli.ok("insert", "notes", "--data", '{"name": "a", "text": "hello"}').strip()
    stored = json.loads(cli.ok("get", record))
    assert stored["properties"] == {"name": "a", "size": None, "text": "hello"} or stored["properties"] == {"name": "a", "text": "hello"}
    assert stored["id"] == record and stored["table"] == "notes" and "created_at" in stored


def test_data_inserts_an_array_all_or_nothing(cli):
    answer = cli.json("insert", "notes", "--data", '[{"name": "a"}, {"name": "b"}]')
    assert answer["inserted"] == 2 and len(set(answer["ids"])) == 2
    assert "error" in cli.fails("insert", "notes", "--data", '[{"name": "c"}, {"size": 1}]')
    assert cli.count("notes") == 2


def test_bad_data_is_explained_and_changes_nothing(cli):
    assert "line 1" in cli.fails("insert", "notes", "--data", '{"name": ')
    assert "size" in cli.fails("insert", "notes", "--data", '{"name": "a", "size": "x"}')
    error = cli.fails("insert", "noets", "--data", '{"name": "a"}')
    assert "noets" in error and "notes" in error
    assert cli.count("notes") == 0


def test_file_stores_good_lines_and_keeps_the_bad_ones(cli):
    path = cli.directory / "mixed.jsonl"
    path.write_text(MIXED)
    finished = cli.run("insert", "notes", "--file", "mixed.jsonl")
    assert finished.returncode == 1
    assert "2 records stored in notes" in finished.stdout
    assert "5 lines refused: see mixed.jsonl.rejects.jsonl" in finished.stderr
    bad = rejects(cli.directory / "mixed.jsonl.rejects.jsonl")
    assert sorted(bad) == [2, 3, 5, 7, 8]
    assert bad[2]["record"] == {"name": "b", "size": "large"} and "size" in bad[2]["error"]
    assert bad[3]["record"] == "not json"
    assert sorted(row["properties"]["name"] for row in cli.rows("notes")) == ["a", "c"]


def test_rejects_go_where_they_are_told(cli):
    answer = cli.run("insert", "notes", "-", "--rejects", "bad.jsonl", "--json", stdin=MIXED)
    assert answer.returncode == 1
    assert json.loads(answer.stdout) == {"inserted": 2, "rejected": 5, "rejects_file": "bad.jsonl"}
    assert len(rejects(cli.directory / "bad.jsonl")) == 5


def test_rejects_never_overwrite_the_input(cli):
    path = cli.directory / "mixed.jsonl"
    path.write_text(MIXED)
    assert "overwrite" in cli.fails("insert", "notes", "--file", "mixed.jsonl", "--rejects", "./mixed.jsonl", code=2)
    assert path.read_text() == MIXED


def test_rejects_that_cannot_be_written_end_the_load(cli):
    error = cli.fails("insert", "notes", "-", "--rejects", "none/bad.jsonl", stdin="oops\n")
    assert "none/bad.jsonl" in error and "--rejects" in error


def test_a_clean_load_leaves_no_rejects_file(cli):
    cli.ok("insert", "notes", "-", stdin='\ufeff{"name": "a"}\r\n{"name": "b"}')
    assert cli.count("notes") == 2
    assert not list(cli.directory.glob("*.rejects.jsonl"))


def test_one_bad_row_in_many_batches_costs_only_itself(cli):
    lines = [json.dumps({"name": f"n{i}", "size": i}) for i in range(3500)]
    lines[1234] = '{"name": "bad", "size": 0.5}'
    finished = cli.run("insert", "notes", "-", stdin="\n".join(lines))
    assert finished.returncode == 1 and "3,499 records stored" in finished.stdout
    assert list(rejects(cli.directory / "notes.rejects.jsonl")) == [1235]
    assert cli.count("notes") == 3499


def test_bytes_that_are_no_text_are_refused(cli):
    finished = cli.run("insert", "notes", "-", stdin=b'{"name": "\xff\xfe"}\n{"name": "ok"}\n')
    assert finished.returncode == 1 and cli.count("notes") == 1
    assert "\ufffd" in rejects(cli.directory / "notes.rejects.jsonl")[1]["record"]


def test_a_line_past_the_limit_is_refused_and_the_next_is_read(cli):
    finished = cli.run("insert", "notes", "-", stdin='{"name": "' + "x" * (33 << 20) + '"}\n{"name": "small"}\n')
    assert finished.returncode == 1 and "1 record stored" in finished.stdout
    assert "longer than" in rejects(cli.directory / "notes.rejects.jsonl")[1]["error"]


def test_unknown_table_is_told_before_reading(cli):
    assert "does not exist" in cli.fails("insert", "noets", "-", stdin=MIXED)
    assert not list(cli.directory.glob("*.rejects.jsonl"))


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stores_what_was_read_and_says_how_much(cli, sent, code):
    process = subprocess.Popen([str(BINARY), "insert", "notes", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=cli.directory, env=cli.environment)
    # More than the pipe holds: when the write returns, the program is in its loop and the last lines are on their way.
    process.stdin.write("".join(json.dumps({"name": f"n{i}", "text": "x" * 90}) + "\n" for i in range(3000)).encode())
    process.stdin.flush()
    wait_until_read(process.stdin)
    process.send_signal(sent)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert f"interrupted: {cli.count('notes'):,} records are stored in notes" in error.decode()
    assert 2000 <= cli.count("notes") <= 3000


def test_get_tells_which_ids_are_missing(cli):
    record = cli.ok("insert", "notes", "--data", '{"name": "a"}').strip()
    finished = cli.run("get", record, "00000000-0000-0000-0000-000000000001")
    assert finished.returncode == 1
    assert json.loads(finished.stdout)["id"] == record
    assert "00000000-0000-0000-0000-000000000001" in finished.stderr and "hint" in finished.stderr


def test_deleted_records_come_back_and_purged_ones_do_not(cli):
    record = cli.ok("insert", "notes", "--data", '{"name": "a"}').strip()
    assert cli.ok("delete", record) == f"deleted {record}\n"
    assert cli.count("notes") == 0
    assert record in cli.fails("get", record)
    assert record in cli.fails("delete", record)
    assert cli.ok("restore", record) == f"restored {record}\n"
    assert cli.count("notes") == 1
    assert cli.json("delete", record, "--purge") == {"purged": 1}
    assert "deleted record" in cli.fails("restore", record)


def test_lookup_finds_by_name_in_any_case(cli):
    cli.ok("insert", "notes", "--data", '{"name": "Shopping List"}')
    assert "Shopping List" in cli.ok("lookup", "shopping list")
    finished = cli.run("lookup", "SHOPPING LIST", "nothing", "--json")
    answer = json.loads(finished.stdout)
    assert finished.returncode == 1 and 'nothing is called "nothing"' in json.loads(finished.stderr)["error"]
    assert [len(entry["records"]) for entry in answer] == [1, 0]
    assert answer[0]["records"][0]["properties"]["name"] == "Shopping List"


def test_tables_fit_the_terminal_and_colours_can_be_switched_off(cli):
    name = "日本語" * 20
    cli.ok("insert", "notes", "--data", json.dumps({"name": name}))
    command = [str(BINARY), "lookup", name]
    code, shown = run_on_terminal(command, 70, {**cli.environment, "NO_COLOR": "1"}, cli.directory)
    assert code == 0 and "…" in shown and "\x1b" not in shown and name not in shown
    for line in shown.splitlines():
        # Each of these characters takes two columns.
        assert len(line) + sum(line.count(c) for c in "日本語") <= 70
    assert "日" in shown
    _, colourful = run_on_terminal(command, 70, cli.environment, cli.directory)
    assert "\x1b[1m" in colourful
    assert f" {name} | notes | " in cli.ok("lookup", name)


def test_stored_text_cannot_steer_the_terminal(cli):
    cli.ok("insert", "notes", "--data", json.dumps({"name": "a\x1b[2Jb\nc"}))
    _, shown = run_on_terminal([str(BINARY), "lookup", "a\x1b[2Jb\nc"], 200, {**cli.environment, "NO_COLOR": "1"}, cli.directory)
    assert "\\x1b[2Jb\\nc" in shown and "\x1b[2J" not in shown


def test_errors_on_a_terminal_are_coloured(cli):
    _, shown = run_on_terminal([str(BINARY), "schema", "show", "noets"], 80, cli.environment, cli.directory)
    assert "\x1b[1;31merror:\x1b[0m" in shown


def test_a_load_on_a_terminal_shows_its_progress_and_removes_it(cli):
    (cli.directory / "rows.jsonl").write_text("".join(json.dumps({"name": f"n{i}"}) + "\n" for i in range(3000)))
    code, shown = run_on_terminal([str(BINARY), "insert", "notes", "--file", "rows.jsonl"], 80, cli.environment, cli.directory)
    assert code == 0 and "3,000 records stored" in shown
    assert "records  " in shown and shown.index("\x1b[K") < shown.index("stored in notes")


@pytest.mark.parametrize("answer, left", [("y", ["default"]), ("n", ["acme", "default"])])
def test_dropping_a_tenant_on_a_terminal_asks_first(cli, answer, left):
    cli.ok("schema", "add", "notes.json", "--tenant", "acme")
    code, shown = run_on_terminal([str(BINARY), "tenants", "drop", "acme"], 80, cli.environment, cli.directory, typed=answer + "\n")
    assert 'remove tenant "acme"' in shown and code == (0 if answer == "y" else 1)
    assert cli.json("tenants") == left


def test_a_database_in_use_by_another_process_is_locked(cli):
    process = subprocess.Popen([str(BINARY), "insert", "notes", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               cwd=cli.directory, env=cli.environment)
    try:
        process.stdin.write(b'{"name": "a"}\n')
        process.stdin.flush()
        wait_until_read(process.stdin)
        error = json.loads(cli.fails("info", "--json"))
        assert error["code"] == "locked" and error["hint"]
    finally:
        process.stdin.close()
        process.wait(timeout=60)
    assert process.returncode == 0 and cli.count("notes") == 1
