"""What the code location `lineage` holds. It has no jobs, so no run pod is ever given its login."""

import os

import dagster as dg

from lineage import assets, sensors

# Without an Airflow, as where the platform is installed without it, the assets are there and nothing asks for their events.
defs = dg.Definitions(assets=assets.ALL, sensors=sensors.ALL if os.environ.get("LINEAGE_AIRFLOW_URL") else [])
