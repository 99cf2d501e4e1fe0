"""`QueryBuilder`: turns a question into a query by asking a language model. The answer is only text: run it where reading is
all that it can do.

Needs httpx.
"""

import json
import os
import re
from dataclasses import dataclass
from typing import Optional

QUERY_TYPES = ("entity_lookup", "sql", "vector", "hybrid", "graph")
DEFAULT_MODEL = "gpt-4o-mini"
DEFAULT_BASE_URL = "https://api.openai.com/v1"

_INSTRUCTIONS = """\
You translate questions about one table of a database into a query. Answer with one JSON object and nothing else:
{
  "query_type": one of "entity_lookup", "sql", "vector", "hybrid", "graph",
  "query": text of the query,
  "confidence": number from 0 to 1,
  "explanation": one sentence,
  "follow_up_question": a question for the user, or null,
  "fallback_query": a broader query to try if the first finds nothing, or null
}
Query types:
- entity_lookup: the question names one thing by its id, code or name. The query is that name.
- sql: exact conditions, counts, orders. The query is one SELECT statement in PostgreSQL's dialect.
- vector: search by meaning. The query is SELECT ... WHERE embedding.cosine('text') LIMIT n.
- hybrid: search by meaning among rows that meet conditions. As vector, with more conditions joined by AND.
- graph: relations of a thing. The query is the name of the thing to start from.
Use only the table and the columns of the schema. Only SELECT is allowed."""


@dataclass
class QueryResult:
    """What a question became."""

    query_type: str
    query: str
    confidence: float
    explanation: Optional[str] = None
    follow_up_question: Optional[str] = None
    fallback_query: Optional[str] = None


class QueryBuilder:
    """Asks an OpenAI-compatible chat service for queries.

    Args:
        api_key: default: the environment's `OPENAI_API_KEY`.
        model: name of the model.
        base_url: of the service; default: `OPENAI_BASE_URL`, else OpenAI's.
        timeout: seconds for an answer.

    Raises:
        ValueError: neither argument nor environment has a key. ImportError: httpx is not installed.
    """

    def __init__(self, api_key=None, model=DEFAULT_MODEL, base_url=None, timeout=30.0):
        self.api_key = api_key or os.environ.get("OPENAI_API_KEY")
        if not self.api_key:
            raise ValueError("OpenAI API key required: pass api_key, or set OPENAI_API_KEY")
        import httpx

        self.model = model
        self.base_url = (base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
        self._client = httpx.Client(timeout=timeout)

    def build_query(self, natural_language, schema, table, max_stages=3):
        """Asks for the query that answers a question.

        Args:
            natural_language: the question.
            schema: the table's JSON Schema, as a dict, a Schema or text.
            table: name of the table.
            max_stages: how many queries in a row the caller is ready to run; the model is told.

        Raises:
            ValueError: the model's answer is no query. httpx.HTTPError: the service cannot be reached or refuses.
        """
        prompt = self._build_prompt(natural_language=natural_language, schema=schema, table=table, max_stages=max_stages)
        response = self._client.post(
            f"{self.base_url}/chat/completions",
            headers={"Authorization": f"Bearer {self.api_key}"},
            json={
                "model": self.model,
                "messages": [{"role": "system", "content": _INSTRUCTIONS}, {"role": "user", "content": prompt}],
                "temperature": 0,
                "response_format": {"type": "json_object"},
            },
        )
        response.raise_for_status()
        return _read_answer(response.json())

    def close(self):
        """Closes the connections to the service."""
        self._client.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _build_prompt(self, natural_language, schema, table, max_stages=3):
        """Returns what the model is asked, besides the instructions."""
        if hasattr(schema, "to_json_schema"):
            schema = schema.to_json_schema()
        if not isinstance(schema, str):
            schema = json.dumps(schema, indent=2, ensure_ascii=False, default=str)
        return (f"Table: {table}\n\nSchema:\n{schema}\n\nAt most {max_stages} stages: the query, then its fallback.\n\n"
                f"Question: {natural_language}")


def _read_answer(body):
    try:
        text = body["choices"][0]["message"]["content"]
        # Some models put their JSON into a Markdown fence, whatever they are told.
        fenced = re.fullmatch(r"\s*```(?:json)?\s*(.*?)\s*```\s*", text, re.DOTALL)
        answer = json.loads(fenced.group(1) if fenced else text)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"the model's answer is no JSON object: {error}") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("query"), str) or not answer["query"].strip():
        raise ValueError("the model's answer has no query")
    if answer.get("query_type") not in QUERY_TYPES:
        raise ValueError(f"the model's answer has an unknown query type: {answer.get('query_type')!r}")
    return QueryResult(
        query_type=answer["query_type"], query=answer["query"].strip(), confidence=_confidence(answer.get("confidence")),
        explanation=answer.get("explanation"), follow_up_question=answer.get("follow_up_question"),
        fallback_query=answer.get("fallback_query"))


def _confidence(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    return min(1.0, max(0.0, float(value)))
