from __future__ import annotations

import hashlib
import hmac

import polars as pl
import pytest

from connectors.errors import FixConfiguration
from connectors.privacy import keyed_hash, read_key

KEY = b"sixteen bytes or more"


def test_a_keyed_hash_is_hmac_sha_256_and_null_stays_null() -> None:
    hashed = keyed_hash(pl.Series(["ann", None, "bob", "ann"]), KEY)
    ann, nobody, bob, again = hashed
    assert ann == again == hmac.new(KEY, b"ann", hashlib.sha256).hexdigest()
    assert nobody is None
    assert bob != ann


def test_another_key_makes_another_person() -> None:
    names = pl.Series(["ann"])
    assert keyed_hash(names, KEY).item() != keyed_hash(names, KEY + b"!").item()


@pytest.mark.parametrize(
    ("environment", "what"), [({}, "is not set"), ({"K": "short"}, "is shorter than 16 bytes")]
)
def test_a_key_that_protects_nobody_is_refused(environment: dict[str, str], what: str) -> None:
    with pytest.raises(FixConfiguration, match=what) as caught:
        read_key("K", environment)
    assert "short." not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_key_is_read_from_the_variable_that_the_configuration_names() -> None:
    assert read_key("K", {"K": KEY.decode()}) == KEY
