"""Group requests: answers to questions that somebody asked once."""

import dagster as dg
from pydantic import Field

from taxi import adhoc, requests
from taxi.orchestration import columns
from taxi.orchestration.assets.ingest import taxi_trips, taxi_zones
from taxi.orchestration.failures import told
from taxi.orchestration.metadata import OWNERS, place, preview, schema
from taxi.orchestration.resources import Database

GROUP = "requests"


class AdhocRequestConfig(dg.Config):
    """A question: how many trips began in a borough from one day to another, by hour and weekday?"""

    filename: str = Field(description="What the answer's files are called, without an ending")
    borough: str = Field(description=f"One of {', '.join(requests.BOROUGHS)}")
    start_date: str = Field(description="The first day, like 2023-01-10")
    end_date: str = Field(description="The last day, which is counted too")


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "matplotlib", "csv"},
    deps=[taxi_trips, taxi_zones],
    metadata={"dagster/column_schema": schema(columns.ANSWER, columns.ANSWER_MEANINGS)},
)
def adhoc_request(config: AdhocRequestConfig, database: Database) -> dg.MaterializeResult:
    """The answer to one request: trips by hour and weekday in a borough, as a stacked bar chart and as a CSV file.

    A line of the CSV file is an hour of a weekday. Put a JSON file with `borough`, `start_date`, `end_date` and, if you like,
    `filename` under `requests/` in the object store, and a run for it starts within half a minute; or start a run by hand.
    """
    with told():
        settings = database.settings()
        done = adhoc.answer(settings, requests.from_values(config.model_dump(), config.filename))
        return dg.MaterializeResult(
            metadata={
                **preview(done.png),
                **place(settings, done.png_uri, label="chart"),
                **place(settings, done.csv_uri, label="figures"),
                "borough": config.borough,
                "period": f"{config.start_date} to {config.end_date}",
                "dagster/row_count": done.rows,
                "trips": done.trips,
                "seconds": round(done.seconds, 3),
            }
        )


ALL = [adhoc_request]
