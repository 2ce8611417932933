"""The report: pages that people look at, made of the published file, which stand on their own."""
