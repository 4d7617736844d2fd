"""Requests that people put into the object store become runs."""

import dagster as dg

from common.errors import PipelineError
from taxi import requests
from taxi.errors import MalformedRequest, TaxiError
from taxi.orchestration.answered import Answered, run_key
from taxi.orchestration.assets.requests import AdhocRequestConfig
from taxi.orchestration.jobs import adhoc_request_job
from taxi.orchestration.resources import ObjectStore
from taxi.store import Object, Store

FILES_A_TICK = 20
SECONDS = 30
AUTOMATION_SECONDS = 10
# Dagster gives a tick a minute; a store that does not answer shall be told of before.
ATTEMPTS = 2


@dg.sensor(job=adhoc_request_job, minimum_interval_seconds=SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def adhoc_request_sensor(context: dg.SensorEvaluationContext, store: ObjectStore) -> dg.SensorResult:
    """Starts a run for each JSON file under requests/ in the object store, once for each file and modification time.

    A malformed one is moved to requests/rejected/, and the reason is written beside it.
    """
    try:
        return look(context, store.open(attempts=ATTEMPTS))
    except PipelineError as error:
        # Without the chain of the client's own errors, which say nothing more.
        raise TaxiError(str(error)) from None


def look(context: dg.SensorEvaluationContext, store: Store) -> dg.SensorResult:
    """Deal with the files that are new, the oldest first and not too many of them at once."""
    folder = f"{store.settings.requests}/"
    present = [found for found in store.list(folder) if is_request(found.uri.removeprefix(folder))]
    answered = Answered.read(context.cursor)
    waiting = sorted((found for found in present if found not in answered), key=lambda found: (found.modified, found.uri))
    runs: list[dg.RunRequest] = []
    rejected: list[str] = []
    done: list[Object] = []
    for found in waiting[:FILES_A_TICK]:
        try:
            request = read(store, found)
        except MalformedRequest as error:
            if not reject(store, found, str(error)):
                context.log.info(f"{found.uri} is being changed; the next tick looks again")
                continue
            context.log.warning(f"rejected {found.uri}: {error}")
            rejected.append(f"rejected {found.uri}: {error}")
            continue
        if request is None:
            context.log.info(f"{found.uri} is being changed; the next tick looks again")
            continue
        runs.append(run_request(found, request))
        done.append(found)
    cursor = answered.after(present, done)
    if runs:
        return dg.SensorResult(run_requests=runs, cursor=cursor)
    return dg.SensorResult(skip_reason="; ".join(rejected) or f"no new request under {folder}", cursor=cursor)


def is_request(name: str) -> bool:
    """Whether a file of this name, within the folder of requests, is one; those in folders below it are not."""
    return name.endswith(".json") and "/" not in name


def read(store: Store, found: Object) -> requests.AdhocRequest | None:
    """What a file asks; None if it is no longer what was listed. Raises MalformedRequest."""
    if found.size > requests.MAX_BYTES:
        raise MalformedRequest(f"the request is {found.size:,} bytes long; at most {requests.MAX_BYTES:,} are read")
    body = store.get(found.uri) if store.is_version(found.uri, found.etag) else None
    if body is None or not store.is_version(found.uri, found.etag):
        return None
    return requests.parse(body, found.uri)


def reject(store: Store, found: Object, reason: str) -> bool:
    """Move a file out of the way, and say why; False if somebody has mended it meanwhile.

    The reason comes first: whoever dies in between leaves a file that the next tick finds, and rejects in the same way, and
    never one in rejected/ without a reason.
    """
    folder, _, name = found.uri.rpartition("/")
    target = f"{folder}/rejected/{name}"
    store.put(f"{target}.reason.txt", f"{reason}\n".encode(), "text/plain; charset=utf-8")
    if store.move(found.uri, target, found.etag):
        return True
    store.delete(f"{target}.reason.txt")
    store.delete(target)
    return False


def run_request(found: Object, request: requests.AdhocRequest) -> dg.RunRequest:
    """The run that answers a request."""
    config = AdhocRequestConfig(
        filename=request.filename, borough=request.borough, start_date=str(request.start_date), end_date=str(request.end_date)
    )
    return dg.RunRequest(run_key=run_key(found), run_config=dg.RunConfig(ops={"adhoc_request": config}), tags={"taxi/request": found.uri})


# What is automated, each by a condition of its own. A tick that finds nothing new costs the daemon a few one-row queries.
automation_sensor = dg.AutomationConditionSensorDefinition(
    "automation_sensor",
    target=dg.AssetSelection.assets("fraud_by_borough_hour"),
    description="Starts runs of assets whose automation condition holds: fraud_by_borough_hour after each update of fraud_summary.",
    minimum_interval_seconds=AUTOMATION_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)

ALL: list[dg.SensorDefinition] = [adhoc_request_sensor, automation_sensor]
