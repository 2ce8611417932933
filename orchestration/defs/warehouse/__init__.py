"""The loader and the raw gate."""
