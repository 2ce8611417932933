"""Export files of any tool, mapped onto a family by YAML alone.

A folder of CSV, Excel, Parquet or JSON  ->  the tables of one family
"""

from connectors.files.mapping import FileSource, StreamConfig
from connectors.files.stream import FileStream

__all__ = ["FileSource", "FileStream", "StreamConfig"]
