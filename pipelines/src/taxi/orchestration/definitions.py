"""What the code location `taxi` holds."""

import dagster as dg

from taxi.orchestration import assets, checks, jobs, resources, schedules, sensors

defs = dg.Definitions(
    assets=assets.ALL,
    asset_checks=checks.ALL,
    jobs=jobs.ALL,
    schedules=schedules.ALL,
    sensors=sensors.ALL,
    resources=resources.ALL,
    # Every run has a pod to itself already; a process for each step would only start Python once more.
    executor=dg.in_process_executor,
)
