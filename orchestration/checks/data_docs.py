"""Data Docs: a site about what a validation found.

Great Expectations gives each section of each site an environment of Jinja with nothing compiled in
it. Compiling the same templates again and again took longer than all the queries. Imported only by
validation.py: Great Expectations takes seconds to import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from great_expectations.data_context.data_context.ephemeral_data_context import (
    EphemeralDataContext,
)
from great_expectations.render.view.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2.bccache import Bucket, BytecodeCache


class _Compiled(BytecodeCache):
    """Templates that this process compiled."""

    def __init__(self) -> None:
        self._code: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket of a template that was compiled before."""
        bucket.code = self._code.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._code[bucket.key] = bucket.code


_COMPILED = _Compiled()
_SITE = "gate"


class PageView(DefaultJinjaPageView):
    """A page about one suite or validation."""

    def __init__(self, **folders: str | None) -> None:
        """See Great Expectations."""
        super().__init__(**folders)
        self.env.bytecode_cache = _COMPILED


class IndexPageView(DefaultJinjaIndexPageView):
    """The page that leads to the others."""

    def __init__(self, **folders: str | None) -> None:
        """See Great Expectations."""
        super().__init__(**folders)
        self.env.bytecode_cache = _COMPILED


def write(context: EphemeralDataContext, folder: Path) -> None:
    """Write a site about all that a context validated.

    Once at the end: the action that Great Expectations has for it writes it after each suite.
    """
    page = {"view": {"module_name": __name__, "class_name": PageView.__name__}}
    context.add_data_docs_site(
        _SITE,
        {
            "class_name": "SiteBuilder",
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder),
            },
            # the type stub does not know it
            "site_section_builders": {"expectations": page, "validations": page},  # type: ignore[typeddict-unknown-key]
            "site_index_builder": {
                "class_name": "DefaultSiteIndexBuilder",
                "view": {"module_name": __name__, "class_name": IndexPageView.__name__},
            },
        },
    )
    # an ephemeral context has another site, in a temporary folder
    context.build_data_docs(site_names=[_SITE])
