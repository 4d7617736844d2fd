"""How the two databases keep passwords and rows, asked of the running servers."""

from __future__ import annotations

from .databases import mysql, postgres


def test_postgres_keeps_passwords_as_scram() -> None:
    kept = dict(postgres("select rolname, left(rolpassword, 14) from pg_authid where rolcanlogin"))
    assert {"postgres", "airflow", "airbyte"} <= set(kept)
    assert set(kept.values()) == {"SCRAM-SHA-256$"}


def test_mysql_keeps_passwords_as_caching_sha2() -> None:
    kept = dict(mysql("select user, plugin from mysql.user where user in ('root', 'data')"))
    assert kept == {"root": "caching_sha2_password", "data": "caching_sha2_password"}


def test_both_write_to_disk_before_they_acknowledge() -> None:
    assert postgres("show fsync") == [["on"]]
    assert postgres("show synchronous_commit") == [["on"]]
    assert mysql("select @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite") == [["1", "ON"]]


def test_a_role_of_the_jobs_does_not_reach_airflows_database() -> None:
    [[allowed]] = postgres("select has_database_privilege('airbyte', 'airflow', 'connect')")
    assert allowed == "f"
