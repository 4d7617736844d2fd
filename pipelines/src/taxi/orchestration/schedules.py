"""When jobs start by themselves. All clocks are UTC. Those that need published months are off until somebody switches them on."""

import dagster as dg

from taxi.orchestration.jobs import lake_maintenance_job, trip_update_job, weekly_update_job

# `0 0 5 * *`. A month is published about two months later, so with the commission's own files this run fails with that sentence,
# and the month is materialized by hand later; a source of one's own may be quicker.
trip_update_schedule = dg.build_schedule_from_partitioned_job(
    trip_update_job,
    name="trip_update_schedule",
    description="On the fifth of each month: the month before.",
    minute_of_hour=0,
    hour_of_day=0,
    day_of_month=5,
)
# `0 0 * * 1`.
weekly_update_schedule = dg.build_schedule_from_partitioned_job(
    weekly_update_job,
    name="weekly_update_schedule",
    description="On Mondays: the week that ended on Saturday night.",
    minute_of_hour=0,
    hour_of_day=0,
    day_of_week=1,
)
lake_maintenance_schedule = dg.ScheduleDefinition(
    name="lake_maintenance_schedule",
    description="Every night at three.",
    job=lake_maintenance_job,
    cron_schedule="0 3 * * *",
    execution_timezone="UTC",
    # It needs nothing but the lake, and without it every month that is loaded again keeps its old file for ever.
    default_status=dg.DefaultScheduleStatus.RUNNING,
)

ALL = [trip_update_schedule, weekly_update_schedule, lake_maintenance_schedule]
