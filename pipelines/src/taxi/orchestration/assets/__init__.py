"""The assets, a module for each group."""

from taxi.orchestration.assets import fraud, ingest, metrics, requests

ALL = [*ingest.ALL, *metrics.ALL, *requests.ALL, *fraud.ALL]
