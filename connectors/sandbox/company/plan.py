"""What is planted, and when: the same for every scale of a company."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from connectors.sandbox.company.config import CompanyConfig, month_after
from connectors.sandbox.company.hours import Hours

DAY = 86_400
HOUR = 3_600

COUNTRIES = ("DE", "GB", "FR", "ES", "NL", "AT", "IE", "BE")
TERRITORIES = ("DEU", "GBR", "FRA", "ESP", "NLD", "AUT", "IRL", "BEL")
COUNTRY_SHARES = (0.27, 0.23, 0.14, 0.12, 0.13, 0.04, 0.03, 0.04)
LANGUAGES = ("en", "de", "fr", "es", "nl")
LANGUAGE_OF = np.array([1, 0, 2, 3, 4, 1, 0, 4])
DIAL = ("+49", "+44", "+33", "+34", "+31", "+43", "+353", "+32")
CURRENCY = ("EUR", "GBP", "EUR", "EUR", "EUR", "EUR", "EUR", "EUR")
SEGMENTS = ("taster", "regular", "office", "cafe")
TEAS = (
    "Earl Grey", "Assam", "Darjeeling", "Sencha", "Genmaicha", "Oolong", "Rooibos", "Peppermint",
    "Chamomile", "Lapsang Souchong", "Jasmine", "Chai",
)  # fmt: skip
PRICES = np.array([14.5, 13.9, 17.5, 16.9, 15.9, 19.5, 11.9, 9.9, 10.5, 18.5, 16.5, 12.9])

TOUCHPOINTS = ("delivery", "support", "onboarding", "renewal", "app", "billing")
THEMES = ("late", "damaged", "wrong", "taste", "billing", "app", "none")
LATE, DAMAGED, WRONG, TASTE, BILLING, APP, NONE = range(7)

# points on the scale of 0 to 10 by which each moves how a customer feels
EFFECTS = {
    "late": -1.5,
    "damaged": -1.4,
    "wrong": -1.2,
    "taste": -1.1,
    "billing": -2.4,
    "app": -0.8,
    "sample": 0.5,
    "slow_reply": -0.9,
    "quick_reply": 0.4,
    "reopened": -0.8,
}
CARRIER_COUNTRIES = (0, 4, 5)  # DE, NL, AT
BOX_COUNTRIES = (1, 6)  # GB, IE
LASTS = 0.45  # the part of an experience that is still felt at the next one
SEASON_MONTH = 12  # parcels are late before the holidays, each year
SEASON_FACTOR = 3.0
CHANGED_TEA = 0  # Earl Grey: another estate, and it is noticed


class Plan:
    """The moments at which planted things begin or end, in seconds since 1970."""

    def __init__(self, config: CompanyConfig) -> None:
        """Lay the plan out over the company's months."""
        self.config = config
        self.start, self.end = seconds(config.start), seconds(config.end)
        self.hours = Hours(config.start, config.end)
        # works: a second carrier, first in some countries only
        self.carrier = self._month(20)
        # changes nothing: a welcome box for new customers in two countries
        self.welcome_box = self._month(12)
        # seems to work: unhappy answers are called back, every second one
        self.callback = self._month(14)
        self.tea_change = self._month(25)
        self.tea_churn = self.tea_change + 75 * DAY
        self.scale_change = self._month(18)
        # no survey is sent, no answer recorded
        self.outage = (self._month(30) + 7 * DAY, self._month(30) + 19 * DAY)
        first = config.start
        months = [seconds(month_after(first, n)) for n in range(config.months + 1)]
        self.months = np.array(months)

    def _month(self, month: int) -> int:
        """The start of the month at that place of 36, however many there are."""
        config = self.config
        return seconds(month_after(config.start, month * config.months // 36))


def seconds(at: datetime) -> int:
    """Naive UTC as seconds since 1970."""
    return int((at - datetime(1970, 1, 1)) // timedelta(seconds=1))  # noqa: DTZ001


def moment(at: int) -> datetime:
    """Seconds since 1970 as naive UTC."""
    return datetime(1970, 1, 1) + timedelta(seconds=int(at))  # noqa: DTZ001
