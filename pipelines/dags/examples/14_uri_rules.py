"""
# 14 What may be the URI of an asset

**Teaches:** an asset needs a name, a URI, or both; who gives one only has the same text for the other. Airflow never opens the URI. It is
a key, with these rules:

| URI | |
|---|---|
| `airflow://…` | refused: the scheme is reserved for Airflow itself |
| outside of ASCII | refused by an Airflow whose metadata database is MySQL, accepted by one on Postgres, as here: keep to ASCII |
| nothing, only blanks, or more than 1,500 characters | refused |
| `s3://` | refused: schemes that an installed provider knows have rules of their own; this one needs a bucket |
| `x-…://…` | accepted as it stands: the form for systems that Airflow does not know |
| no scheme, a plain string | accepted as it stands |
| `s3://Bucket/key/` | accepted, tidied up to `s3://Bucket/key`; passwords are taken out |

**Case matters**: `x-example://14/report` and `x-example://14/Report` are two assets.

**Do:** unpause the four DAGs and trigger `ex14_uri_producer`.

**See:**
- Its task `try_uris` logs each refusal in Airflow's words, and what the others become.
- `ex14_accepted_consumer` runs once: an `x-` URI, a path without scheme and a plain string were updated.
- `ex14_small_letter_consumer` runs, `ex14_capital_letter_consumer` does not.
"""

from unittest.mock import patch

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, task

ACCEPTED = [Asset("x-example://14/table"), Asset("data/14/table.csv"), Asset("ex14 any words at all")]
SMALL, CAPITAL = Asset("x-example://14/report"), Asset("x-example://14/Report")
REFUSED = ["airflow://14/table", " ", "x" * 1501, "s3://"]
TIDIED = ["s3://Bucket/key/", "S3://Bucket/key#part", "postgres://me:secret@server/database/schema/table"]
NOT_ASCII = "x-example://14/größe"
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex14"]}


def refusal(uri: str) -> str:
    """Airflow's words against a URI."""
    try:
        Asset(uri)
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{uri!r} was accepted")


with DAG("ex14_uri_producer", schedule=None, **COMMON):

    @task
    def try_uris() -> None:
        for uri in REFUSED:
            print(f"refused: {uri[:40]!r}: {refusal(uri)}")
        for uri in TIDIED:
            print(f"accepted: {uri.replace('secret', '***')!r} becomes {Asset(uri).uri!r}")
        print(f"accepted here: {Asset(NOT_ASCII).uri!r}")
        # Airflow asks for ASCII only where its metadata database is MySQL, which keeps names of assets in latin1.
        with patch("airflow.sdk.definitions.asset.SQL_ALCHEMY_CONN", "mysql://"):
            print(f"refused on MySQL: {NOT_ASCII!r}: {refusal(NOT_ASCII)}")

    @task(outlets=[*ACCEPTED, SMALL])
    def produce() -> None:
        print("three accepted URIs and the report with a small letter are updated")

    try_uris() >> produce()

for name, assets in {"accepted": ACCEPTED, "small_letter": [SMALL], "capital_letter": [CAPITAL]}.items():
    with DAG(f"ex14_{name}_consumer", schedule=assets, **COMMON):
        EmptyOperator(task_id="consume")
