#!/usr/bin/env python3
"""A throw-away PostgreSQL cluster on a private unix socket, for comparing answers.

Alone, it starts one, prints how to connect and keeps it until Enter or Ctrl-C:  tools/sql_check/postgres.py
"""

import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

import psycopg2
import psycopg2.extensions

SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "listen_addresses": "''", "jit": "off",
    "timezone": "'UTC'", "datestyle": "'ISO, MDY'", "intervalstyle": "'postgres'", "statement_timeout": "'10s'",
    "max_connections": "20", "autovacuum": "off", "log_min_messages": "panic", "log_min_error_statement": "panic",
}


def binaries():
    """The folder of PostgreSQL 15's programs."""
    found = glob.glob("/usr/lib/postgresql/15/bin/initdb")
    if not found:
        raise SystemExit("PostgreSQL 15 is not installed; ./dev slt-verify installs tools/packages-verify.txt")
    return os.path.dirname(found[0])


class Postgres:
    """Starts a cluster in a temporary folder; a context manager that stops and removes it.

    PostgreSQL refuses to run as root, so root runs it as the user that Debian's package made.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="rem_pg_")
        self.user = None
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            self.user = "postgres"
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.data = os.path.join(self.folder, "data")

    def run(self, program, *arguments):
        command = [os.path.join(binaries(), program), *arguments]
        if self.user:
            command = ["runuser", "-u", self.user, "--", *command]
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode != 0:
            raise SystemExit(f"{program} failed:\n{done.stdout}")

    def __enter__(self):
        self.run("initdb", "-D", self.data, "-U", "rem", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as conf:
            for name, value in SETTINGS.items():
                conf.write(f"{name} = {value}\n")
            conf.write(f"unix_socket_directories = '{self.folder}'\n")
        self.run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"), "start")
        return self

    def __exit__(self, *_):
        try:
            self.run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(self, database="postgres"):
        return f"host={self.folder} user=rem dbname={database}"

    def connect(self, database="postgres"):
        """A connection in autocommit mode that gives every value as PostgreSQL's text."""
        connection = psycopg2.connect(self.dsn(database))
        connection.autocommit = True
        return connection

    def fresh_database(self, name):
        """Drops and creates the database, and connects to it."""
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
        return self.connect(name)


class TextCursor:
    """Runs statements and gives types and rows as text, or the SQLSTATE of the error."""

    def __init__(self, connection):
        self.connection = connection
        self.types = {}
        self.cursor = connection.cursor()

    def type_name(self, oid):
        if not self.types:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT oid, format_type(oid, NULL) FROM pg_type")
                rows = cursor.fetchall()
            self.types = {int(row[0]): row[1] for row in rows}
            raw = psycopg2.extensions.new_type(tuple(self.types), "RAW", lambda value, _: value)
            psycopg2.extensions.register_type(raw, self.connection)
        return self.types.get(oid, "unknown")

    def run(self, text):
        """{"columns": [...], "rows": [...]} or {"error": SQLSTATE, "message": ...}, as the driver of REM DB answers."""
        self.type_name(0)
        try:
            self.cursor.execute(text)
        except psycopg2.Error as error:
            if self.connection.closed:
                raise
            return {"error": error.pgcode or "XX000", "message": str(error).split("\n", maxsplit=1)[0]}
        if self.cursor.description is None:
            return {"columns": [], "names": [], "rows": []}
        return {"columns": [self.type_name(column.type_code) for column in self.cursor.description],
                "names": [column.name for column in self.cursor.description],
                "rows": [list(row) for row in self.cursor.fetchall()]}


def main():
    with Postgres() as server:
        print(f"psql -h {server.folder} -U rem postgres", flush=True)
        try:
            sys.stdin.readline()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
