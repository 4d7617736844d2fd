"""Reading and writing the two databases as a user would: with the client of each server's own pod."""

from __future__ import annotations

from .kube import NAMESPACE, kubectl


def postgres(sql: str, *, database: str = "airbyte", pod: str = "tandem-postgres-0", namespace: str = NAMESPACE) -> list[list[str]]:
    """Rows of a query, every value as text, NULL as the empty string."""
    command = f'PGPASSWORD="$POSTGRES_PASSWORD" psql -X -q -h 127.0.0.1 -U postgres -d {database} -At -F "\t" -v ON_ERROR_STOP=1 -f -'
    return rows(kubectl("exec", "-i", "-n", namespace, pod, "-c", "postgres", "--", "bash", "-c", command, input=sql))


def mysql(sql: str, *, database: str = "data", pod: str = "tandem-mysql-0", namespace: str = NAMESPACE) -> list[list[str]]:
    """Rows of a query, every value as text, NULL as the word NULL."""
    command = f'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --protocol=tcp -h 127.0.0.1 -u root -D {database} -N -B'
    return rows(kubectl("exec", "-i", "-n", namespace, pod, "-c", "mysql", "--", "bash", "-c", command, input=sql))


def rows(text: str) -> list[list[str]]:
    """Lines of tab-separated values."""
    return [line.split("\t") for line in text.splitlines() if line]
