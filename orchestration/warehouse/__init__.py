"""The warehouse file: who may write it, what is in raw, and what has been loaded."""

from orchestration.warehouse.connection import STORAGE, Connection, QueryError, connect, scratch
from orchestration.warehouse.loader import Load, Loader
from orchestration.warehouse.writer import Holder, WriterGate, holder

__all__ = [
    "STORAGE",
    "Connection",
    "Holder",
    "Load",
    "Loader",
    "QueryError",
    "WriterGate",
    "connect",
    "holder",
    "scratch",
]
