"""What the code location `lineage` holds. It has no jobs, so no run pod is ever given its login."""

import dagster as dg

from lineage import assets, sensors

defs = dg.Definitions(assets=assets.ALL, sensors=sensors.ALL)
