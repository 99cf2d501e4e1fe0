"""The command line itself: help, versions, wrong usage, completion."""

import json
import re
import subprocess

import pytest

from cli_harness import BINARY, ROOT

COMMANDS = ["new", "init", "info", "schemas", "schema", "insert", "get", "lookup", "delete", "restore", "sql", "query",
            "export", "import", "tenants", "compact", "check", "inspect", "completion"]


def test_help_lists_every_command_with_a_description_and_examples(empty_cli):
    text = empty_cli.ok("--help")
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\S", text, re.M), command
    assert "Examples:" in text


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), ["schema", "add"], ["schema", "show"], ["tenants", "drop"]])
def test_help_of_a_command_has_an_example(empty_cli, command):
    assert re.search(r"^Examples?:\n  .*rem-db ", empty_cli.ok(*command, "--help"), re.M)


def test_version_is_that_of_the_project(empty_cli):
    version = re.search(r"project\(rem_db VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert empty_cli.ok("--version") == f"rem-db {version}\n"


def test_unknown_command_names_the_nearest(empty_cli):
    error = empty_cli.fails("isnert", code=2)
    assert 'error: unknown command "isnert"' in error
    assert 'did you mean "insert"?' in error


def test_unknown_subcommand_names_the_nearest(empty_cli):
    assert 'did you mean "show"?' in empty_cli.fails("schema", "shwo", code=2)


def test_unknown_option_names_the_nearest(empty_cli):
    error = empty_cli.fails("insert", "notes", "--reject", "x", code=2)
    assert 'unknown option "--reject"' in error and '"--rejects"' in error


@pytest.mark.parametrize("arguments", [[], ["schema"], ["insert"], ["get"], ["sql", "--output", "xml", "SELECT 1"],
                                       ["query", "text", "--top-k", "many"], ["query", " "], ["completion", "fish"],
                                       ["export"], ["export", "notes", "--all"], ["insert", "notes"],
                                       ["insert", "notes", "--data", "{}", "--file", "x"], ["insert", "notes", "x"],
                                       ["get", "no-uuid"], ["sql", "SELECT 1", "--file", "x"], ["sql", " ; "],
                                       ["new", "a/b"], ["info", "--db", "..", "--json"], ["info", "--db", "a", "--path", "b"]])
def test_wrong_usage_exits_with_2_and_says_so(cli, arguments):
    assert re.search("error", cli.fails(*arguments, code=2))


def test_a_command_name_is_an_ordinary_argument_of_another_command(cli):
    assert 'nothing is called "info"' in cli.fails("lookup", "info")


def test_usage_error_as_json(empty_cli):
    error = json.loads(empty_cli.fails("isnert", "--json", code=2))
    assert error["code"] == "usage" and "insert" in error["hint"]


def test_global_options_stand_before_or_after_the_command(cli):
    assert cli.ok("--tenant", "default", "tenants") == cli.ok("tenants", "--tenant", "default")


def test_completion_offers_commands_and_options(empty_cli):
    script = empty_cli.ok("completion", "bash")
    ask = script + """
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _rem_db; echo "${COMPREPLY[@]}"; }
ask rem-db ins
ask rem-db schema s
ask rem-db insert notes --rej
ask rem-db sql -o js
"""
    answers = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True).stdout.splitlines()
    assert answers == ["inspect insert", "show", "--rejects", "json jsonl"] or answers == ["insert inspect", "show", "--rejects", "json jsonl"]


def test_closed_pipe_ends_quietly(cli):
    script = f"'{BINARY}' schema show resources --json | true; echo ${{PIPESTATUS[0]}}"
    finished = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=cli.environment, check=True)
    assert (finished.stdout, finished.stderr) == ("0\n", "")


def test_full_output_device_is_an_error(cli):
    with open("/dev/full", "wb") as full:
        finished = subprocess.run([str(BINARY), "schemas"], stdout=full, stderr=subprocess.PIPE, env=cli.environment, check=False)
    assert finished.returncode == 1 and b"No space left" in finished.stderr
