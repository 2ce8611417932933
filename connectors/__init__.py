"""Connectors: vendors and export files in, load packages in the family contracts out."""
