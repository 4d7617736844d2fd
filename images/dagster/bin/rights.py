"""What the login of runs and code servers may do with the tables of the storage: what they were seen to do, and nothing else.

They report events, take and give back places in pools, and set status and tags of their run. They make no run, no tick and no
backfill, delete no event, and see neither the schedules that are on nor what the daemon keeps for itself.
"""

READ = ("SELECT",)
REPORT = ("SELECT", "INSERT")
KEEP = ("SELECT", "INSERT", "UPDATE")
MANAGE = ("SELECT", "INSERT", "UPDATE", "DELETE")

RIGHTS = {
    "asset_check_executions": KEEP,
    "asset_event_tags": REPORT,
    "asset_keys": KEEP,
    "concurrency_limits": KEEP,
    "concurrency_slots": MANAGE,
    "dynamic_partitions": ("SELECT", "INSERT", "DELETE"),
    "event_logs": REPORT,
    "pending_steps": MANAGE,
    "run_tags": KEEP,
    "runs": ("SELECT", "UPDATE"),
    "secondary_indexes": READ,
    "snapshots": READ,
}
