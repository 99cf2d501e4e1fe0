#include "schema/builtin_schemas.h"

namespace rem {

namespace {

constexpr std::string_view kResources = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Resource",
  "description": "A piece of text with its place of origin: a document or one chunk of it, embedded for search by meaning.",
  "category": "system",
  "fully_qualified_name": "system.resources",
  "short_name": "resources",
  "version": "1.0.0",
  "indexed_fields": ["category", "name"],
  "embedding_fields": ["content"],
  "lookup_fields": ["name"],
  "type": "object",
  "properties": {
    "name": {"type": "string", "description": "Title, or file name."},
    "content": {"type": "string", "description": "The text; this is what is embedded."},
    "category": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Group of the resource, such as \"documentation\"."},
    "metadata": {"type": "object", "default": {}, "description": "Anything else that is known about it."},
    "ordinal": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null, "description": "Position among the resources of one origin."},
    "uri": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Where the text comes from; together with chunk_ordinal it gives the id."},
    "chunk_ordinal": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null, "description": "Number of the chunk within its uri, from 0."},
    "embedding": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}], "vector": true, "default": null, "description": "Vector of the content by the table's provider."},
    "embedding_alt": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}], "vector": true, "default": null, "description": "Vector of the content by the alternative provider."}
  },
  "required": ["name", "content"],
  "additionalProperties": true,
  "x-rem-property-order": ["name", "content", "category", "metadata", "ordinal", "uri", "chunk_ordinal", "embedding", "embedding_alt"]
})json";

constexpr std::string_view kEntities = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Entity",
  "description": "A thing with a type and a name, found by either of its names, and a node of the graph.",
  "category": "system",
  "fully_qualified_name": "system.entities",
  "short_name": "entities",
  "version": "1.0.0",
  "indexed_fields": ["type", "name"],
  "lookup_fields": ["name", "aliases"],
  "embedding_fields": [],
  "type": "object",
  "properties": {
    "type": {"type": "string", "description": "Kind of the entity, such as \"person\"."},
    "name": {"type": "string", "description": "Its usual name."},
    "aliases": {"type": "array", "items": {"type": "string"}, "default": [], "description": "Other names that it is found by."},
    "properties": {"type": "object", "default": {}, "description": "What is known about it, by name."},
    "embedding": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}], "vector": true, "default": null, "description": "Vector by the table's provider."},
    "embedding_alt": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}], "vector": true, "default": null, "description": "Vector by the alternative provider."}
  },
  "required": ["type", "name"],
  "additionalProperties": true,
  "x-rem-property-order": ["type", "name", "aliases", "properties", "embedding", "embedding_alt"]
})json";

constexpr std::string_view kAgents = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Agent",
  "description": "An agent: what it is for, the shape of its answers, and the tools that it may call.",
  "category": "system",
  "fully_qualified_name": "system.agents",
  "short_name": "agents",
  "version": "1.0.0",
  "indexed_fields": ["category", "name"],
  "embedding_fields": ["description"],
  "lookup_fields": ["name"],
  "type": "object",
  "properties": {
    "name": {"type": "string", "description": "Unique name of the agent."},
    "category": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Group of the agent."},
    "description": {"type": "string", "description": "What the agent does: its system prompt."},
    "output_schema": {"anyOf": [{"type": "object"}, {"type": "null"}], "default": null, "description": "JSON Schema of its answers."},
    "tools": {"type": "array", "default": [], "description": "Tools that it may call."},
    "metadata": {"type": "object", "default": {}, "description": "Anything else that is known about it."}
  },
  "required": ["name", "description"],
  "additionalProperties": true,
  "x-rem-property-order": ["name", "category", "description", "output_schema", "tools", "metadata"]
})json";

constexpr std::string_view kSessions = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Session",
  "description": "One conversation or run of an agent.",
  "category": "system",
  "fully_qualified_name": "system.sessions",
  "short_name": "sessions",
  "version": "1.0.0",
  "indexed_fields": ["case_id", "agent", "session_type"],
  "embedding_fields": [],
  "type": "object",
  "properties": {
    "name": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Title of the session."},
    "query": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "The question that started it."},
    "agent": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Name of the agent that answers."},
    "case_id": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "The case or project that the session belongs to."},
    "parent_session_id": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "The session that started this one."},
    "session_type": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Kind of session, such as \"chat\"."},
    "metadata": {"type": "object", "default": {}, "description": "Anything else that is known about it."},
    "session_completed_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "default": null, "description": "When it ended; null while it runs."}
  },
  "additionalProperties": true,
  "x-rem-property-order": ["name", "query", "agent", "case_id", "parent_session_id", "session_type", "metadata", "session_completed_at"]
})json";

constexpr std::string_view kMessages = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Message",
  "description": "One message of a session.",
  "category": "system",
  "fully_qualified_name": "system.messages",
  "short_name": "messages",
  "version": "1.0.0",
  "indexed_fields": ["session_id", "role"],
  "embedding_fields": [],
  "type": "object",
  "properties": {
    "session_id": {"type": "string", "description": "The session that it belongs to."},
    "role": {"type": "string", "description": "Who speaks: user, assistant, system or tool."},
    "content": {"type": "string", "description": "What is said."},
    "tool_calls": {"anyOf": [{"type": "array"}, {"type": "null"}], "default": null, "description": "Calls of tools that the message asks for."},
    "trace_id": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Trace that the message was made in."},
    "span_id": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Span within the trace."},
    "metadata": {"type": "object", "default": {}, "description": "Anything else that is known about it."}
  },
  "required": ["session_id", "role", "content"],
  "additionalProperties": true,
  "x-rem-property-order": ["session_id", "role", "content", "tool_calls", "trace_id", "span_id", "metadata"]
})json";

constexpr std::string_view kMoments = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Moment",
  "description": "Something placed in time, with references to the resources and entities that it is about.",
  "category": "system",
  "fully_qualified_name": "system.moments",
  "short_name": "moments",
  "version": "1.0.0",
  "indexed_fields": ["timestamp", "type"],
  "embedding_fields": [],
  "type": "object",
  "properties": {
    "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
    "type": {"type": "string", "description": "Kind of moment, such as \"meeting\"."},
    "classifications": {"type": "array", "items": {"type": "string"}, "default": [], "description": "Labels."},
    "resource_refs": {"type": "array", "items": {"type": "string"}, "default": [], "description": "Ids of resources that it is about."},
    "entity_refs": {"type": "array", "items": {"type": "string"}, "default": [], "description": "Ids of entities that take part."},
    "parent_moment": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "description": "Id of the moment that this one is part of."},
    "metadata": {"type": "object", "default": {}, "description": "Anything else that is known about it."}
  },
  "required": ["timestamp", "type"],
  "additionalProperties": true,
  "x-rem-property-order": ["timestamp", "type", "classifications", "resource_refs", "entity_refs", "parent_moment", "metadata"]
})json";

constexpr BuiltinSchema kBuiltinSchemas[] = {
    {"resources", kResources}, {"entities", kEntities}, {"agents", kAgents},
    {"sessions", kSessions},   {"messages", kMessages}, {"moments", kMoments},
};

}  // namespace

std::span<const BuiltinSchema> BuiltinSchemas() { return kBuiltinSchemas; }

}  // namespace rem
