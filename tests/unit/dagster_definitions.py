"""Definitions that do what runs, checks and sensors may do with the storage."""

import dagster as dg

MONTHS = dg.MonthlyPartitionsDefinition(start_date="2023-01-01", end_date="2023-04-01")


@dg.asset(partitions_def=MONTHS, pool="lake", retry_policy=dg.RetryPolicy(max_retries=1))
def trips(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    if context.retry_number == 0:
        raise RuntimeError("the first time it fails")
    context.instance.add_dynamic_partitions("found", ["a", "b"])
    context.instance.delete_dynamic_partition("found", "b")
    context.instance.get_latest_materialization_event(context.asset_key)
    return dg.MaterializeResult(metadata={"rows": 3}, data_version=dg.DataVersion("7"), tags={"kind": "test"})


@dg.asset_check(asset=trips, blocking=True)
def whole(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(deps=[trips], pool="unknown")
def total(context: dg.AssetExecutionContext) -> None:
    context.log_event(dg.AssetObservation("total", metadata={"seen": 1}))
    context.instance.report_runless_asset_event(dg.AssetMaterialization("elsewhere"))
    context.instance.add_run_tags(context.run_id, {"mine": "1"})
    context.instance.add_run_tags(context.run_id, {"mine": "2"})


one_process = dg.define_asset_job("one_process", [trips], partitions_def=MONTHS, executor_def=dg.in_process_executor)
many_processes = dg.define_asset_job("many_processes", [trips, total], partitions_def=MONTHS, executor_def=dg.multiprocess_executor)


@dg.sensor(job=one_process)
def looks(context: dg.SensorEvaluationContext) -> dg.RunRequest:
    context.instance.get_latest_materialization_event(dg.AssetKey("trips"))
    return dg.RunRequest(partition_key="2023-01-01")


@dg.asset_sensor(asset_key=dg.AssetKey("trips"), job=one_process)
def follows(context: dg.SensorEvaluationContext, event: dg.EventLogEntry) -> dg.RunRequest:
    return dg.RunRequest(partition_key="2023-01-01")


defs = dg.Definitions(assets=[trips, total], asset_checks=[whole], jobs=[one_process, many_processes], sensors=[looks, follows])
