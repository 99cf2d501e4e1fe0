"""The errors of REM DB: one class for each kind of failure.

`InputError`s (bad input: fix the call) are `ValueError`s, `OperationalError`s (the call was fine, the database could not do
it) are `RuntimeError`s. Every error carries

* `code`: stable lower-case name, such as `"table_not_found"`,
* `sqlstate`: PostgreSQL's five characters,
* `message`, `detail` and `hint`: what happened, more about it, and what to do next (the last two may be empty),
* `position`: 1-based character position in the SQL text, 0 where none applies.
"""


class REMError(Exception):
    """Base of every error that the engine reports."""

    code = "internal"
    sqlstate = "XX000"

    def __init__(self, message="", detail="", hint="", position=0):
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        self.position = position

    def __str__(self):
        text = self.message
        if self.detail:
            text += f"\nDetail: {self.detail}"
        if self.hint:
            text += f"\nHint: {self.hint}"
        return text

    def __reduce__(self):
        return type(self), (self.message, self.detail, self.hint, self.position), {"sqlstate": self.sqlstate}


class InputError(REMError, ValueError):
    """The call asked for something that cannot be; asking again will not help."""

    code = "invalid_argument"
    sqlstate = "22023"


class OperationalError(REMError, RuntimeError):
    """The call was fine, but the database could not do it now."""


class InvalidArgument(InputError):
    """A value or option that the call cannot take."""


class InvalidJSON(InputError):
    """Text that is not JSON, or a value that no record can hold (NaN, 2^63, NUL characters, too deep)."""

    code, sqlstate = "invalid_json", "22032"


class InvalidSchema(InputError):
    """A JSON Schema that does not compile."""

    code, sqlstate = "invalid_schema", "42P17"


class SchemaConflict(InputError):
    """A schema change that would break existing rows; `detail` lists the reasons."""

    code, sqlstate = "schema_conflict", "42P16"


class ValidationError(InputError):
    """A record that its table's schema refuses."""

    code, sqlstate = "validation", "23514"


class TypeMismatch(InputError):
    """A value of the wrong type, or a cast that cannot be done."""

    code, sqlstate = "type_mismatch", "42804"


class NumericOutOfRange(InputError):
    """Overflow of an integer or a double."""

    code, sqlstate = "numeric_out_of_range", "22003"


class DivisionByZero(InputError):
    """Division by zero in a query."""

    code, sqlstate = "division_by_zero", "22012"


class InvalidText(InputError):
    """Text that does not parse as the type asked for, or is not UTF-8."""

    code, sqlstate = "invalid_text", "22P02"


class InvalidDatetime(InputError):
    """A date or time that does not exist, such as 2026-02-30."""

    code, sqlstate = "invalid_datetime", "22008"


class DimensionMismatch(InputError):
    """A vector whose dimension differs from that of its column."""

    code, sqlstate = "dimension_mismatch", "22000"


class SQLSyntaxError(InputError):
    """SQL that does not parse; `position` says where."""

    code, sqlstate = "syntax", "42601"


class TableNotFound(InputError):
    """There is no such table in this tenant."""

    code, sqlstate = "table_not_found", "42P01"


class ColumnNotFound(InputError):
    """There is no such column in the tables of the query."""

    code, sqlstate = "column_not_found", "42703"


class FunctionNotFound(InputError):
    """There is no function of that name that takes these arguments."""

    code, sqlstate = "function_not_found", "42883"


class AmbiguousName(InputError):
    """A name that fits several things."""

    code, sqlstate = "ambiguous", "42702"


class GroupingError(InputError):
    """A column that must appear in GROUP BY or in an aggregate."""

    code, sqlstate = "grouping", "42803"


class RecordNotFound(InputError):
    """There is no live record with that id."""

    code, sqlstate = "record_not_found", "P0002"


class NotFound(InputError):
    """Some other named thing that does not exist: a provider, an index, a change-log entry."""

    code, sqlstate = "not_found", "42704"


class AlreadyExists(InputError):
    """Something of that name or id exists already."""

    code, sqlstate = "already_exists", "42710"


class UniqueViolation(InputError):
    """A second record with a value that must be unique."""

    code, sqlstate = "unique_violation", "23505"


class NotNullViolation(InputError):
    """A record without a value that its table requires."""

    code, sqlstate = "not_null_violation", "23502"


class CheckViolation(InputError):
    """A record that breaks a CHECK of its table."""

    code, sqlstate = "check_violation", "23514"


class ForeignKeyViolation(InputError):
    """A record that refers to none, or one that others refer to."""

    code, sqlstate = "foreign_key_violation", "23503"


class TextTooLong(InputError):
    """A text that is longer than its column allows."""

    code, sqlstate = "text_too_long", "22001"


class TableExists(AlreadyExists):
    """A table or index of that name exists already."""

    code, sqlstate = "table_exists", "42P07"


class ColumnExists(AlreadyExists):
    """A column of that name exists already."""

    code, sqlstate = "column_exists", "42701"


class DependentObjects(InputError):
    """Something else needs what should be dropped."""

    code, sqlstate = "dependent_objects", "2BP01"


class InvalidColumnReference(InputError):
    """An ON CONFLICT that names no key."""

    code, sqlstate = "invalid_column_reference", "42P10"


class GeneratedAlways(InputError):
    """A value for a column whose values a sequence always gives."""

    code, sqlstate = "generated_always", "428C9"


class InvalidForeignKey(InputError):
    """A foreign key whose columns do not fit those that it refers to."""

    code, sqlstate = "invalid_foreign_key", "42830"


class TenantError(InputError):
    """A tenant name that cannot be, or a tenant that does not exist."""

    code, sqlstate = "tenant", "3D000"


class LimitExceeded(InputError):
    """Past a documented limit: size of a record, depth, rows in memory, length of a statement."""

    code, sqlstate = "limit_exceeded", "54000"


class NotSupported(InputError):
    """Not supported yet, or on purpose; `hint` names the way round."""

    code, sqlstate = "not_supported", "0A000"


class Conflict(OperationalError):
    """The record changed since the version that the caller saw: read it again and retry."""

    code, sqlstate = "conflict", "40001"


class NoTransaction(OperationalError):
    """A statement that needs an open transaction."""

    code, sqlstate = "no_transaction", "25P01"


class InTransaction(OperationalError):
    """A statement that cannot run inside a transaction."""

    code, sqlstate = "in_transaction", "25001"


class TransactionFailed(OperationalError):
    """A statement of the transaction failed before: roll it back."""

    code, sqlstate = "transaction_failed", "25P02"


class Cancelled(OperationalError):
    """The call was cancelled."""

    code, sqlstate = "cancelled", "57014"


class Timeout(OperationalError):
    """The call took longer than allowed."""

    code, sqlstate = "timeout", "57014"


class Closed(OperationalError):
    """The database (or the result) was closed."""

    code, sqlstate = "closed", "57P01"


class Locked(OperationalError):
    """Another process has the database open."""

    code, sqlstate = "locked", "55006"


class NoSpace(OperationalError):
    """The disk is full."""

    code, sqlstate = "no_space", "53100"


class PermissionDenied(OperationalError):
    """The operating system refuses access to the database's files."""

    code, sqlstate = "permission", "42501"


class IOFailure(OperationalError):
    """The operating system could not read or write the database's files."""

    code, sqlstate = "io", "58030"


class FormatVersionError(OperationalError):
    """Written by a version of REM DB that this one does not know."""

    code, sqlstate = "format_version", "0A000"


class Corruption(OperationalError):
    """Stored bytes that fail their checksum or their invariants."""

    code, sqlstate = "corruption", "XX001"


class InternalError(OperationalError):
    """A broken invariant of REM DB itself: please report it."""


__all__ = [name for name, value in list(globals().items()) if isinstance(value, type) and issubclass(value, REMError)]
