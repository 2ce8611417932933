"""A company with planted truth, and its vendors on loopback: for demos, tests and benchmarks."""
