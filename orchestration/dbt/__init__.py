"""The dbt project as a process, a manifest, and what its runs say."""
