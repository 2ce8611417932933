"""Orchestration: from load packages to the published warehouse."""
