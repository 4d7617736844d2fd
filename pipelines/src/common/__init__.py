"""What the pipelines share: errors that a user can act on, DuckDB with its extensions, and the limits of the container."""
