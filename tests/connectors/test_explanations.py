from __future__ import annotations

import re
from pathlib import Path

import connectors
from connectors.explanations import EXPLANATIONS

CODE = re.compile(r'"([A-Z]{3,}(?:-[A-Z]+)+)"')


def test_every_code_that_connectors_raise_is_explained_and_no_other() -> None:
    root = Path(connectors.__file__).parent
    sources = [path for path in root.rglob("*.py") if path.name != "explanations.py"]
    raised = {code for path in sources for code in CODE.findall(path.read_text())}
    assert raised - {"HMAC-SHA"} <= set(EXPLANATIONS)
    assert set(EXPLANATIONS) - raised <= {"NAME"}
