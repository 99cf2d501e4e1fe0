import inspect
import pickle

import pytest

from rem_db import _rem, errors


@pytest.mark.parametrize("code, sqlstate, name", _rem.error_table())
def test_every_code_of_the_engine_has_its_class(code, sqlstate, name):
    error = getattr(errors, name)
    assert (error.code, error.sqlstate) == (code, sqlstate)
    assert issubclass(error, errors.REMError)
    assert issubclass(error, ValueError) != issubclass(error, RuntimeError)
    assert error.__doc__ and name in errors.__all__


def test_there_is_no_class_without_a_code():
    bases = {errors.REMError, errors.InputError, errors.OperationalError}
    named = {name for _, _, name in _rem.error_table()}
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.REMError) and value not in bases:
            assert name in named


def test_an_error_shows_its_detail_and_hint():
    error = errors.TableNotFound("Table \"x\" does not exist", "more", "do this", 15)
    assert str(error) == "Table \"x\" does not exist\nDetail: more\nHint: do this"
    assert (error.message, error.detail, error.hint, error.position) == ("Table \"x\" does not exist", "more", "do this", 15)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is errors.TableNotFound and str(again) == str(error) and again.position == 15


def test_errors_of_the_engine_arrive_with_everything(db):
    with pytest.raises(ValueError, match="Table .* does not exist") as caught:
        db.sql("SELECT * FROM resourcess")
    assert type(caught.value) is errors.TableNotFound
    assert caught.value.code == "table_not_found" and caught.value.sqlstate == "42P01"
    assert "resources" in caught.value.hint
    with pytest.raises(errors.SQLSyntaxError) as caught:
        db.sql("SELECT * FROM resources WHERE WHERE")
    assert caught.value.position > 1


def test_operations_after_close_say_so(tmp_path):
    from rem_db import Database

    database = Database(tmp_path / "db")
    database.close()
    database.close()
    assert "closed" in repr(database)
    for call in (lambda: database.sql("SELECT 1"), lambda: database.insert("resources", {}), database.list_schemas,
                 database.__enter__, database.info):
        with pytest.raises(errors.Closed, match="closed") as caught:
            call()
        assert isinstance(caught.value, RuntimeError)


def test_a_path_that_cannot_be_is_an_error(tmp_path):
    from rem_db import Database

    (tmp_path / "file").write_text("x")
    with pytest.raises(errors.REMError):
        Database(tmp_path / "file")
    with pytest.raises(errors.REMError):
        Database(tmp_path / "missing", create_if_missing=False)
    with pytest.raises(errors.InvalidArgument, match="durability"):
        Database(tmp_path / "db", durability="some")
    with pytest.raises(errors.InvalidArgument, match="megabytes"):
        Database(tmp_path / "db", block_cache_mb=1 << 40)
    with pytest.raises(errors.InvalidArgument, match="megabytes"):
        Database(tmp_path / "db", column_cache_mb=1 << 40)
    with pytest.raises(errors.InvalidArgument, match="megabytes"):
        Database(tmp_path / "db", row_cache_mb=1 << 40)
    with pytest.raises(errors.TenantError):
        Database(tmp_path / "db", tenant_id="a/b")


def test_another_process_is_locked_out(tmp_path, run_python):
    from rem_db import Database

    with Database(tmp_path / "db"):
        printed = run_python("""
        import sys
        from rem_db import Database, errors
        try:
            Database(sys.argv[1])
        except errors.Locked as error:
            print(type(error).__name__, bool(error.hint))
        """, tmp_path / "db")
    assert printed.split() == ["Locked", "True"]
