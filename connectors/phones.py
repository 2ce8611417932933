"""Phone numbers in E.164: the one spelling in which the same number is always the same text."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

# most systems send E.164; asking the library costs 100 µs a number. A 0 behind the country
# code is mostly the national prefix, few digits or one digit only may be nobody's: there it is
# asked
_E164 = r"^\+[1-9][0-9]{9,14}$"
_REPEATED = "|".join(f"{digit}+" for digit in range(10))
_DOUBTFUL = rf"^\+[0-9]{{1,3}}(0|({_REPEATED})$)"
_TELLABLE = re.compile(r"\+[1-9][0-9]{6,14}")
"""Fewer digits are an emergency call's or an extension's, more are not E.164."""
_FEWEST = 7
"""Digits of a national number; fewer are an extension or a placeholder."""


def is_region(code: str) -> bool:
    """Whether numbers of this country, ISO 3166-1, can be read."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - a quarter of a second to import

    return code in SUPPORTED_REGIONS


def e164(numbers: pl.Series, region: str | None = None) -> pl.Series:
    """Each number in E.164; null where it cannot be told or is nobody's, extensions left out.

    Nobody's is a number that has, without its country code, fewer than seven digits, or but one
    digit repeated. Countries whose numbers are shorter are judged by those.

    Args:
        numbers: Numbers as people and systems write them.
        region: Country, ISO 3166-1, that a number without a country code belongs to. Without it
            such a number cannot be told.
    """
    stripped = numbers.str.strip_chars()
    plain = stripped.str.contains(_E164) & ~stripped.str.contains(_DOUBTFUL)
    # an address that somebody typed into the field may hold digits
    asked = stripped.filter(~plain & ~stripped.str.contains("@", literal=True)).unique().to_list()
    told = [_told(number, region) for number in asked]
    read = stripped.replace_strict(asked, told, default=None, return_dtype=pl.String)
    return stripped.zip_with(plain.fill_null(value=False), read)


def _told(number: str, region: str | None) -> str | None:
    """A number in E.164 that reads as itself again: one of zeros alone does not."""
    told = _read(number, region)
    return told if told is not None and _read(told, None) == told else None


def _read(number: str, region: str | None) -> str | None:
    import phonenumbers as known  # noqa: PLC0415 - see above

    # 00 is how most of the world dials +, and what exports that strip signs leave of it
    international = f"+{number[2:]}" if region is None and number.startswith("00") else number
    try:
        read = known.parse(international, region)
    except known.NumberParseException:
        return None
    # a number that is dialled within a town only is another's elsewhere
    if known.is_possible_number_with_reason(read) != known.ValidationResult.IS_POSSIBLE:
        return None
    national = known.national_significant_number(read)
    if len(national) < _fewest(read.country_code) or len(set(national.lstrip("0"))) <= 1:
        return None
    told = known.format_number(read, known.PhoneNumberFormat.E164)
    return told if _TELLABLE.fullmatch(told) else None


@cache
def _fewest(country_code: int) -> int:
    """Digits that a number of these countries has at least, without the code: seven, or fewer.

    Greenland's have six, for example.
    """
    import phonenumbers as known  # noqa: PLC0415 - see above

    kinds = (known.PhoneNumberType.FIXED_LINE, known.PhoneNumberType.MOBILE)
    examples = [
        known.example_number_for_type(region, kind)
        for region in known.COUNTRY_CODE_TO_REGION_CODE[country_code]
        for kind in kinds
    ]
    digits = [len(known.national_significant_number(number)) for number in examples if number]
    return min([_FEWEST, *digits])
