"""Erasure: one person out of everything that is kept, and kept out."""
