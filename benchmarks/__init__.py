"""Benchmarks: each case in a fresh process, cases in turn, medians, ratios within one run.

    python -m benchmarks              all of them, at the sizes that the figures in docs were made
    python -m benchmarks loader --small

Seconds on a shared machine drift; ratios of one run hold. Peak memory is the process's own.
"""
