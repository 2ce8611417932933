"""The probabilistic pass over people, where the instance has one."""
