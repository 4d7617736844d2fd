"""The time windows that assets are divided into; all are of UTC, as are the schedules' clocks."""

import dagster as dg

START = "2023-01-01"
"""The first day of a month, and a Sunday."""

MONTHS = dg.MonthlyPartitionsDefinition(start_date=START)
WEEKS = dg.WeeklyPartitionsDefinition(start_date=START)

ONE_MONTH_A_RUN = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)
# A week is a matter of milliseconds, the start of a run pod one of seconds.
ALL_WEEKS_IN_ONE_RUN = dg.BackfillPolicy.single_run()

MONTHS_OF_A_WEEK = dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
"""All months that a week has a day in. The month under way is no partition yet, and its first full weeks are some already."""
