"""The part of Airflow's REST API that the lineage needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any

import requests

from lineage.errors import Ambiguous, LineageError, Refused
from lineage.events import AirflowEvent
from lineage.settings import Settings

CONNECT_SECONDS = 3.05
ANSWER_SECONDS = 10.0
PAGE = 100
"""Events of an answer: as many as Airflow gives at most, unless it is configured otherwise."""


class Airflow:
    """A client that logs in when it must, and keeps its token from tick to tick."""

    def __init__(self, settings: Settings, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.settings = settings
        self.timeout = (CONNECT_SECONDS, answer_seconds)
        self.token = ""
        self.logging_in = Lock()

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A connection for one tick: one that lay idle between ticks may be cut when it is used, and a write is then ambiguous."""
        with requests.Session() as connection:
            yield Session(self, connection)

    def login(self, connection: requests.Session, *, instead_of: str) -> str:
        """A token, a new one if the one at hand is `instead_of`."""
        with self.logging_in:
            if self.token == instead_of:
                body = {"username": self.settings.username, "password": self.settings.password}
                answer = self.send(connection, "POST", "/auth/token", json=body)
                if answer.status_code == 401:
                    raise Refused(401, f"Airflow does not accept the login {self.settings.username}")
                self.token = parsed(answer, "/auth/token")["access_token"]
            return self.token

    def send(self, connection: requests.Session, method: str, where: str, **arguments: Any) -> requests.Response:
        """A request, and its answer whatever that is. Raises LineageError if there is none."""
        address = f"{self.settings.airflow}{where}"
        try:
            return connection.request(method, address, timeout=self.timeout, allow_redirects=False, **arguments)
        except requests.RequestException as error:
            reason = "no answer in time" if isinstance(error, requests.Timeout) else "no connection, or one that broke"
            raise LineageError(f"Airflow is not reachable at {self.settings.airflow}: {reason}") from None


class Session:
    """Calls of one tick."""

    def __init__(self, airflow: Airflow, connection: requests.Session) -> None:
        self.airflow, self.connection = airflow, connection
        self.clock: datetime | None = None
        """What Airflow's clock said, a second or less before its last answer."""

    def events(self, *, since: datetime | None, asset_id: int | None = None) -> Iterator[AirflowEvent]:
        """All events since a time, that time included, in the order of their times and numbers; page after page as they are needed.

        Those that a DAG has emitted are only shown to a login that may read that DAG.
        """
        chosen: dict[str, Any] = {"order_by": "timestamp", "limit": PAGE}
        chosen |= {"timestamp_gte": since.isoformat()} if since else {}
        chosen |= {"asset_id": asset_id} if asset_id is not None else {}
        offset = 0
        while True:
            page = self.get("/assets/events", chosen | {"offset": offset})
            yield from map(AirflowEvent.parse, page["asset_events"])
            offset += len(page["asset_events"])
            if offset >= page["total_entries"] or not page["asset_events"]:
                return

    def asset_id(self, name: str) -> int | None:
        """The number of the asset of this name; None if no DAG names it."""
        found = self.get("/assets", {"name_pattern": name, "limit": PAGE})["assets"]
        return next((int(asset["id"]) for asset in found if asset["name"] == name), None)

    def create_event(self, asset_id: int, extra: dict[str, Any]) -> None:
        """Emit an event. Raises Ambiguous where Airflow may have done it, or may do it yet, and did not say so."""
        try:
            answer = self.call("POST", "/assets/events", json={"asset_id": asset_id, "extra": extra})
        except LineageError as error:
            raise error if isinstance(error, Refused) else Ambiguous(str(error)) from None
        if answer.status_code >= 500:
            raise Ambiguous(f"Airflow answered {answer.status_code} to a new event of asset {asset_id}")
        parsed(answer, "/assets/events")

    def get(self, where: str, parameters: dict[str, Any]) -> Any:
        """The parsed answer to a question."""
        return parsed(self.call("GET", where, params=parameters), where)

    def call(self, method: str, where: str, **arguments: Any) -> requests.Response:
        """A request below /api/v2. A token that is not accepted any more is renewed, once."""
        token = self.airflow.token or self.airflow.login(self.connection, instead_of="")
        answer = self.attempt(token, method, where, **arguments)
        if answer.status_code == 401:
            answer = self.attempt(self.airflow.login(self.connection, instead_of=token), method, where, **arguments)
        return answer

    def attempt(self, token: str, method: str, where: str, **arguments: Any) -> requests.Response:
        """The same with a token at hand."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.airflow.send(self.connection, method, f"/api/v2{where}", headers=headers, **arguments)
        if written := answer.headers.get("Date"):
            self.clock = parsedate_to_datetime(written) - timedelta(seconds=1)
        return answer


def parsed(answer: requests.Response, where: str) -> Any:
    """What a good answer holds. Raises Refused for what Airflow will not do, LineageError for what it cannot do now."""
    if answer.ok:
        try:
            return answer.json()
        except requests.JSONDecodeError:
            raise LineageError(f"Airflow's answer at {where} is not JSON; is LINEAGE_AIRFLOW_URL the address of Airflow?") from None
    words = f"Airflow answered {answer.status_code} at {where}: {reason(answer)}"
    raise LineageError(words) if answer.status_code >= 500 else Refused(answer.status_code, words)


def reason(answer: requests.Response) -> str:
    """Airflow's own words, on one line."""
    try:
        detail = answer.json()["detail"]
    except (requests.JSONDecodeError, KeyError, TypeError):
        detail = answer.text or answer.reason
    return " ".join(str(detail).split())[:300]
