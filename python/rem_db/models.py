"""The records that REM DB knows by class, and what belongs to them."""

from datetime import datetime, timezone
from enum import Enum
from typing import Any, Dict, List, Optional, Union
from uuid import UUID, uuid4

from .model_base import Field, Model, schema_extra


class Direction(str, Enum):
    """Which edges of a node: those that leave it, those that reach it, or both."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    BOTH = "both"


def _now():
    return datetime.now(timezone.utc)


class SystemFields(Model):
    """What every record has. `id` is set at construction; the times are aware and in UTC, and set by the engine when the
    record is stored."""

    id: UUID = Field(default_factory=uuid4)
    created_at: datetime = Field(default_factory=_now)
    modified_at: datetime = Field(default_factory=_now)
    deleted_at: Optional[datetime] = None
    edges: List[Any] = Field(default_factory=list)


class Resource(SystemFields):
    """A piece of text, such as a chunk of a document, with its embedding."""

    name: str
    content: str
    category: Optional[str] = None
    metadata: Dict[str, Any] = Field(default_factory=dict)
    embedding: Optional[List[float]] = None
    embedding_alt: Optional[List[float]] = None
    ordinal: Optional[int] = None
    uri: Optional[str] = None


class Entity(SystemFields):
    """A thing with a type, a name, other names, and free properties."""

    type: str
    name: str
    aliases: List[str] = Field(default_factory=list)
    properties: Dict[str, Any] = Field(default_factory=dict)
    embedding: Optional[List[float]] = None
    embedding_alt: Optional[List[float]] = None


class Edge(Model):
    """A directed, typed connection of two records."""

    src_id: UUID
    dst_id: UUID
    edge_type: str
    properties: Dict[str, Any] = Field(default_factory=dict)
    created_at: datetime = Field(default_factory=_now)


class Moment(SystemFields):
    """Something placed in time, with references to the records that it is about."""

    timestamp: datetime
    type: str
    classifications: List[str] = Field(default_factory=list)
    resource_refs: List[Union[UUID, str]] = Field(default_factory=list)
    entity_refs: List[Union[UUID, str]] = Field(default_factory=list)
    parent_moment: Optional[Union[UUID, str]] = None
    metadata: Dict[str, Any] = Field(default_factory=dict)


class MCPTool(Model):
    """A tool that an agent may call, by the Model Context Protocol."""

    name: str
    description: str
    server: Optional[str] = None
    usage: Optional[str] = None

    def __getitem__(self, field):
        """A tool is a dict in a JSON Schema; `tool["name"]` reads it either way."""
        return getattr(self, field)


class Agent(SystemFields):
    """An agent: what it is for, what it returns, what it may call."""

    name: str
    category: Optional[str] = None
    description: str = ""
    output_schema: Dict[str, Any] = Field(default_factory=dict)
    tools: List[Any] = Field(default_factory=list)
    metadata: Dict[str, Any] = Field(default_factory=dict)


class Session(SystemFields):
    """A conversation, or a run of an agent."""

    name: Optional[str] = None
    query: Optional[str] = None
    agent: Optional[str] = None
    case_id: Optional[str] = None
    parent_session_id: Optional[str] = None
    session_type: Optional[str] = None
    metadata: Dict[str, Any] = Field(default_factory=dict)
    session_completed_at: Optional[datetime] = None


class Message(SystemFields):
    """One message of a session."""

    session_id: Union[UUID, str]
    role: str
    content: str
    tool_calls: Optional[List[Any]] = None
    trace_id: Optional[str] = None
    span_id: Optional[str] = None
    metadata: Dict[str, Any] = Field(default_factory=dict)


class Article(Model, **schema_extra(short_name="articles", embedding_fields=["content"], indexed_fields=["category"])):
    """Example of a table by class: a text to find by meaning."""

    title: str
    content: str
    category: Optional[str] = None
    tags: List[str] = Field(default_factory=list)


class Person(Model, **schema_extra(short_name="people", key_field="email", indexed_fields=["role"])):
    """Example of a table by class: a record with a natural key."""

    name: str
    email: str
    role: Optional[str] = None


class Sprint(Model, **schema_extra(short_name="sprints", key_field="name", indexed_fields=["status"])):
    """Example of a table by class: a record with dates."""

    name: str
    goal: Optional[str] = None
    status: Optional[str] = None
    start_date: Optional[datetime] = None
    end_date: Optional[datetime] = None
