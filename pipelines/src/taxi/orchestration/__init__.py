"""The taxi pipelines as Dagster sees them. Everything that does the work is outside of this package and knows nothing of Dagster."""
