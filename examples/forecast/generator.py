"""Cohorts of customers and what they come to pay: the data behind examples/forecast.

A cohort is everybody who came through one channel from one country on one day. `cohorts(month, seed)` makes those of a month with what is
known of each after seven days, and what each had paid per customer by day 30, 90, 180 and 365.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHANNELS = ["search", "social", "video", "partner", "direct"]
COUNTRIES = ["DE", "FR", "GB", "US", "JP", "BR"]
DAYS = np.array([30, 90, 180, 365])


@dataclass
class Cohorts:
    columns: dict[str, np.ndarray]
    """Paid per customer by each of DAYS: [cohorts, 4]."""
    paid: np.ndarray


def cohorts(month: int, seed: int, days: int = 30) -> Cohorts:
    rng = np.random.default_rng(seed * 1000 + month)
    n = days * len(CHANNELS) * len(COUNTRIES)
    day, channel, country = np.unravel_index(np.arange(n), (days, len(CHANNELS), len(COUNTRIES)))
    customers = rng.lognormal(np.array([5.6, 6.2, 6.0, 5.0, 5.3])[channel], 0.6).round().clip(20)
    # What a customer pays by day t follows a power law, a * t^b: channels differ in how long customers stay, countries in what they pay.
    exponent = (np.array([0.52, 0.38, 0.34, 0.45, 0.60])[channel] + 0.012 * np.sin(month / 12 * 2 * np.pi) + rng.normal(0, 0.05, n)).clip(0.12, 0.9)
    level = np.array([0.55, 0.30, 0.24, 0.42, 0.75])[channel] * np.array([1.1, 1.0, 1.05, 1.5, 1.3, 0.5])[country]
    scale = level * np.exp(rng.normal(0, 0.22, n))
    noise = 1 / np.sqrt(customers)
    retention = lambda t, base: (base * t ** -(0.9 - exponent) * np.exp(rng.normal(0, noise))).clip(0.001, 1)
    paid_by = lambda t: scale * t**exponent * np.exp(rng.normal(0, 1.5 * noise))
    columns = {
        "channel": np.array(CHANNELS)[channel],
        "country": np.array(COUNTRIES)[country],
        "day": day + 1,
        "customers": customers.astype(np.int64),
        "retentionDay1": retention(1, 0.45).round(4),
        "retentionDay3": retention(3, 0.45).round(4),
        "retentionDay7": retention(7, 0.45).round(4),
        "payerShare": (0.02 + 0.05 * level * np.exp(rng.normal(0, 0.2, n))).clip(0, 1).round(4),
        "paidDay1": paid_by(1).round(4),
        "paidDay3": paid_by(3).round(4),
        "paidDay7": paid_by(7).round(4),
    }
    paid = np.stack([scale * t**exponent * np.exp(rng.normal(0, noise)) for t in DAYS], axis=1)
    return Cohorts(columns, np.maximum.accumulate(paid, axis=1))
