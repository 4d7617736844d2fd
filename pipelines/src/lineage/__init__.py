"""One lineage over both orchestrators: events of assets are carried from Airflow to Dagster and from Dagster to Airflow, each once."""
