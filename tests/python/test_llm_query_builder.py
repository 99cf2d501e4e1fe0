import json

import httpx
import pytest

from rem_db import Schema
from rem_db.llm_query_builder import QueryBuilder, QueryResult

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}
ANSWER = {"query_type": "sql", "query": " SELECT name FROM people ", "confidence": 0.9, "explanation": "by name",
          "follow_up_question": None, "fallback_query": "SELECT * FROM people"}


@pytest.fixture
def posted(monkeypatch):
    """Answers every post with `posted.content`, and keeps what was posted."""

    class Posted:
        content = json.dumps(ANSWER)
        status = 200
        calls = []

    state = Posted()
    state.calls = []

    def post(self, url, headers=None, json=None):
        state.calls.append((url, headers, json))
        return httpx.Response(state.status, json={"choices": [{"message": {"content": state.content}}]},
                              request=httpx.Request("POST", url))

    monkeypatch.setattr(httpx.Client, "post", post)
    return state


def ask(builder=None):
    with builder or QueryBuilder(api_key="k") as asked:
        return asked.build_query(natural_language="who?", schema=SCHEMA, table="people", max_stages=2)


def test_needs_a_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ValueError, match="OpenAI API key required"):
        QueryBuilder()
    monkeypatch.setenv("OPENAI_API_KEY", "from environment")
    assert QueryBuilder().api_key == "from environment"


def test_posts_the_question_and_reads_the_answer(posted):
    result = ask(QueryBuilder(api_key="k", model="m", base_url="https://example.org/v1/"))
    assert result == QueryResult("sql", "SELECT name FROM people", 0.9, "by name", None, "SELECT * FROM people")
    url, headers, body = posted.calls[0]
    assert url == "https://example.org/v1/chat/completions" and headers["Authorization"] == "Bearer k"
    assert body["model"] == "m" and "Question: who?" in body["messages"][1]["content"]


def test_the_prompt_names_everything():
    with QueryBuilder(api_key="k") as builder:
        prompt = builder._build_prompt(natural_language="who?", schema=SCHEMA, table="people", max_stages=2)
        assert "Table: people" in prompt and '"name"' in prompt and "At most 2 stages" in prompt and "who?" in prompt
        assert '"name"' in builder._build_prompt("q", Schema("t", properties=SCHEMA["properties"]), "t")
        assert "as text" in builder._build_prompt("q", "as text", "t")


def test_a_fence_around_the_answer_is_taken_off(posted):
    posted.content = f"```json\n{json.dumps(ANSWER)}\n```"
    assert ask().query_type == "sql"


@pytest.mark.parametrize("confidence, expected", [(2, 1.0), (-1, 0.0), ("high", 0.0), (None, 0.0), (True, 0.0), (0.4, 0.4)])
def test_confidence_lies_between_0_and_1(posted, confidence, expected):
    posted.content = json.dumps({**ANSWER, "confidence": confidence})
    assert ask().confidence == expected


@pytest.mark.parametrize("content", ["no json", "[]", None, json.dumps({**ANSWER, "query": " "}),
                                     json.dumps({**ANSWER, "query_type": "delete"})])
def test_an_answer_that_is_no_query_is_an_error(posted, content):
    posted.content = content
    with pytest.raises(ValueError, match="the model's answer"):
        ask()


def test_a_refusal_of_the_service_is_its_error(posted):
    posted.status = 401
    with pytest.raises(httpx.HTTPStatusError):
        ask()
