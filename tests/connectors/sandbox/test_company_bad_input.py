from __future__ import annotations

import math
import os
from datetime import UTC, datetime
from pathlib import Path

import filelock
import pytest

from connectors.errors import FixConfiguration, FixEnvironment, Locked
from connectors.sandbox.company import CompanyConfig, export, generate, open_company, write_orders

TINY = CompanyConfig(scale=0.001, months=2)


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf, 1e9, 0.00001])
def test_a_scale_that_makes_no_company_is_refused(scale: float) -> None:
    with pytest.raises(FixConfiguration, match="SANDBOX-SCALE"):
        CompanyConfig(scale=scale)


@pytest.mark.parametrize(
    ("start", "months"),
    [
        (datetime(2023, 11, 1), 0),
        (datetime(2023, 11, 1), -3),
        (datetime(9999, 1, 1), 36),
        (datetime(2023, 11, 1), 10**9),
        (datetime(1, 1, 1), 36),
        (datetime(2023, 11, 30), 36),
        (datetime(2023, 11, 1, 8), 36),
        (datetime(2023, 11, 1, tzinfo=UTC), 36),
    ],
)
def test_dates_that_cannot_be_lived_are_refused(start: datetime, months: int) -> None:
    with pytest.raises(FixConfiguration, match="SANDBOX-DATES"):
        CompanyConfig(start=start, months=months)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(FixConfiguration, match="SANDBOX-DATES"):
        CompanyConfig.between(datetime(2024, 3, 1), datetime(2024, 2, 1))
    whole = CompanyConfig.between(datetime(2024, 3, 1), datetime(2025, 3, 1))
    assert (whole.months, whole.end) == (12, datetime(2025, 3, 1))


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(FixConfiguration, match="SANDBOX-SEED"):
        CompanyConfig(seed=-1)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FixConfiguration, match="SANDBOX-FOLDER"):
        generate(tmp_path, TINY)
    with pytest.raises(FixConfiguration, match="SANDBOX-FOLDER"):
        export(TINY, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_folders_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "company").write_text("mine")
    with pytest.raises(FixConfiguration, match="SANDBOX-FOLDER"):
        generate(tmp_path / "company", TINY)


def test_the_same_company_is_taken_as_it_is_and_another_one_refused(tmp_path: Path) -> None:
    made = generate(tmp_path / "company", TINY)
    before = (tmp_path / "company" / "company.json").stat().st_mtime_ns
    assert generate(tmp_path / "company", TINY) == made == open_company(tmp_path / "company")
    assert (tmp_path / "company" / "company.json").stat().st_mtime_ns == before
    with pytest.raises(FixConfiguration, match="SANDBOX-FOLDER"):
        generate(tmp_path / "company", CompanyConfig(scale=0.001, months=3))


def test_what_a_killed_run_left_is_never_taken_for_whole_and_swept(tmp_path: Path) -> None:
    left = tmp_path / ".company.tmp-4711"
    (left / "systems" / "orders").mkdir(parents=True)
    with pytest.raises(FixConfiguration, match="SANDBOX-NONE"):
        open_company(tmp_path / "company")
    generate(tmp_path / "company", TINY)
    assert not left.exists()
    assert open_company(tmp_path / "company").config == TINY


def test_a_run_that_fails_half_way_leaves_no_company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr("polars.DataFrame.write_parquet", full)
        with pytest.raises(FixEnvironment, match=r"SANDBOX-DISK|No space left"):
            generate(tmp_path / "company", TINY)
    assert not (tmp_path / "company").exists()
    assert generate(tmp_path / "company", TINY).rows["orders"] > 0


def test_a_company_of_another_generator_is_not_opened(tmp_path: Path) -> None:
    generate(tmp_path / "company", TINY)
    description = tmp_path / "company" / "company.json"
    description.write_text(description.read_text().replace('"version": ', '"version": 99'))
    with pytest.raises(FixConfiguration, match="SANDBOX-NONE"):
        open_company(tmp_path / "company")
    description.write_text("{")
    with pytest.raises(FixConfiguration, match="SANDBOX-NONE"):
        write_orders(tmp_path / "company", tmp_path / "drop", datetime(2024, 1, 1))


def test_two_at_once_do_not_write_one_company(tmp_path: Path) -> None:
    with (
        filelock.FileLock(tmp_path / ".company.lock"),
        pytest.raises(Locked, match="SANDBOX-LOCKED"),
    ):
        generate(tmp_path / "company", TINY)


def test_a_path_that_no_folder_can_have_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FixEnvironment, match="SANDBOX-DISK"):
        generate(tmp_path / "file" / "company", TINY)
