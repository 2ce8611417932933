"""Everything Dagster runs: sources, the warehouse load, the models, publishing."""
