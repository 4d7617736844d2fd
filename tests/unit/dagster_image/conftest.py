"""A storage of Dagster that the image's own program has migrated."""

from collections.abc import Iterator

import dagster_storage
import pytest
import servers

pytest.importorskip("dagster")


@pytest.fixture(scope="module")
def storage(postgres_admin: servers.Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dagster_storage.Storage]:
    """A fresh database, migrated once."""
    with dagster_storage.fresh(postgres_admin, tmp_path_factory.mktemp("home")) as found:
        yield found
