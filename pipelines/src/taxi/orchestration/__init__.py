"""The taxi pipelines as Dagster sees them. Everything that does the work is outside of this package and knows nothing of Dagster."""

import warnings

import dagster as dg

# Backfill policies and mappings of partitions are called beta for years now. Dagster's version is locked, and tests hold what is
# used of it, so the warnings in each run's output would tell nobody anything.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
