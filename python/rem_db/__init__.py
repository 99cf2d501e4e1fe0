"""REM DB: an embedded memory database for AI applications. Start with `REMDatabase` or `Database`."""

from . import errors
from ._rem import __version__
from .async_database import AsyncDatabase
from .database import Database
from .graph import GraphEdge, GraphTraversal, TraversalPath, TraversalStrategy
from .models import Agent, Direction, Edge, Entity, MCPTool, Message, Moment, Resource, Session, SystemFields
from .query import (
    All,
    And,
    Contains,
    EndsWith,
    Eq,
    Exists,
    Gt,
    Gte,
    In,
    Lt,
    Lte,
    Ne,
    Not,
    NotExists,
    NotIn,
    Or,
    Order,
    Predicate,
    Query,
    StartsWith,
)
from .rem_database import REMDatabase
from .result import Result
from .schema import Schema

__all__ = [
    "Agent", "All", "And", "AsyncDatabase", "Contains", "Database", "Direction", "Edge", "EndsWith", "Entity", "Eq",
    "Exists", "GraphEdge", "GraphTraversal", "Gt", "Gte", "In", "Lt", "Lte", "MCPTool", "Message", "Moment", "Ne", "Not",
    "NotExists", "NotIn", "Or", "Order", "Predicate", "Query", "REMDatabase", "Resource", "Result", "Schema", "Session",
    "StartsWith", "SystemFields", "TraversalPath", "TraversalStrategy", "errors", "__version__",
]
