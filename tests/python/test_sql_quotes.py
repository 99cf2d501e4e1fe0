import pytest

from rem_db.sql_quotes import literals_for_quotes

TABLES = {"items": ["category", "name", "a b"], "Odd Table": ["x"], "tags": ["label"]}


@pytest.mark.parametrize("sql, expected", [
    ('SELECT * FROM items WHERE category = "electronics"', "SELECT * FROM items WHERE category = 'electronics'"),
    ('SELECT * FROM items WHERE embedding.cosine("query text")', "SELECT * FROM items WHERE embedding.cosine('query text')"),
    ('SELECT "name" FROM items WHERE "category" = "x"', 'SELECT "name" FROM items WHERE "category" = \'x\''),
    ('SELECT "a b" FROM items', 'SELECT "a b" FROM items'),
    ('SELECT "x" FROM "Odd Table" WHERE "x" = "y"', 'SELECT "x" FROM "Odd Table" WHERE "x" = \'y\''),
    ('SELECT * FROM items WHERE name = "it\'s"', "SELECT * FROM items WHERE name = 'it''s'"),
    ('SELECT * FROM items WHERE name = "say ""hi"""', "SELECT * FROM items WHERE name = 'say \"hi\"'"),
    ('SELECT name AS "Title" FROM items ORDER BY "Title"', 'SELECT name AS "Title" FROM items ORDER BY "Title"'),
    ('SELECT t."other" FROM items t', 'SELECT t."other" FROM items t'),
    ('SELECT * FROM items JOIN tags ON "label" = "name"', 'SELECT * FROM items JOIN tags ON "label" = "name"'),
    ("SELECT '\"electronics\"' FROM items -- \"x\"", "SELECT '\"electronics\"' FROM items -- \"x\""),
    ('SELECT $$"x"$$, E\'\\\'"y"\' /* "z" */ FROM items', 'SELECT $$"x"$$, E\'\\\'"y"\' /* "z" */ FROM items'),
    ('SELECT "id", "created_at" FROM items', 'SELECT "id", "created_at" FROM items'),
    ('SELECT * FROM missing WHERE a = "b"', "SELECT * FROM missing WHERE a = 'b'"),
    ('SELECT "open', 'SELECT "open'),
])
def test_quoted_names_of_no_column_become_literals(sql, expected):
    assert literals_for_quotes(sql, TABLES.get) == expected


def test_statements_without_double_quotes_are_left_alone():
    asked = []
    assert literals_for_quotes("SELECT 'x' FROM items", asked.append) == "SELECT 'x' FROM items"
    assert asked == []
