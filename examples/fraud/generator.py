"""Generated card payments, some of them fraud. README.md says in words what this file says in code.

Every payment has a card with a home country, a usual amount and an age; honest payments follow the card's habits, frauds follow one of five
known schemes, and noise on both sides keeps the classes from being separable.
"""

from dataclasses import dataclass

import numpy as np

COUNTRIES = ["AT", "BE", "DE", "ES", "FR", "GB", "IT", "NL", "PL", "US", "other"]
COUNTRY_SHARE = [0.05, 0.05, 0.26, 0.10, 0.16, 0.11, 0.09, 0.07, 0.05, 0.03, 0.03]
CHANNELS = ["chip", "contactless", "magstripe", "online"]
MERCHANTS = ["groceries", "fuel", "restaurants", "fashion", "electronics", "travel", "digital", "gambling", "cash", "other"]
MERCHANT_SHARE = [0.28, 0.09, 0.17, 0.10, 0.05, 0.05, 0.12, 0.01, 0.05, 0.08]
#: Typical amount of a kind of merchant, as a multiple of the card's usual amount.
MERCHANT_SCALE = [0.9, 1.3, 0.8, 1.4, 3.0, 6.0, 0.4, 1.0, 2.0, 1.0]
#: Share of the payments of a kind of merchant that are made online.
MERCHANT_ONLINE = [0.05, 0.0, 0.12, 0.55, 0.6, 0.8, 1.0, 0.9, 0.0, 0.3]
#: Honest payments by hour of the day: quiet nights, peaks at noon and in the evening.
HOUR_WEIGHT = [2, 1, 1, 1, 1, 2, 4, 8, 11, 12, 13, 15, 17, 15, 13, 13, 14, 17, 18, 15, 12, 9, 6, 4]

SCHEMES = ["card-not-present", "card-testing", "stolen-card", "counterfeit", "account-takeover"]
SCHEME_SHARE = [0.42, 0.14, 0.18, 0.12, 0.14]

BASE_RATE = 0.01
#: Frauds that behave exactly like an honest payment of the same card: nobody can find them.
HIDDEN_SHARE = 0.08
#: Frauds that were never reported, so that their label says honest.
UNREPORTED_SHARE = 0.03
#: Honest payments that their holder disputed by mistake, so that their label says fraud.
FALSE_DISPUTE_SHARE = 0.0002
#: Unknown values, as they come from a real feature store.
CARD_AGE_MISSING = 0.05
DISTANCE_MISSING = 0.08


@dataclass
class Payments:
    """Columns of equal length; `label` is 1 for fraud."""

    columns: dict[str, np.ndarray]
    label: np.ndarray


def generate(rows: int, seed: int) -> Payments:
    """`rows` payments, in random order, the same for the same seed."""
    rng = np.random.default_rng(seed)
    columns = honest_payments(rng, rows)
    fraud = rng.random(rows) < BASE_RATE
    visible = fraud & (rng.random(rows) >= HIDDEN_SHARE)
    scheme = rng.choice(len(SCHEMES), rows, p=SCHEME_SHARE)
    for number, name in enumerate(SCHEMES):
        overwrite(columns, np.flatnonzero(visible & (scheme == number)), SCHEME_OF[name], rng)
    label = (fraud & (rng.random(rows) >= UNREPORTED_SHARE)) | (rng.random(rows) < FALSE_DISPUTE_SHARE)
    return Payments(finish(columns, rng), label.astype(np.int64))


def honest_payments(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Payments that follow the habits of their cards, with travellers, spenders and busy days among them."""
    home = rng.choice(len(COUNTRIES), rows, p=COUNTRY_SHARE)
    merchant = rng.choice(len(MERCHANTS), rows, p=MERCHANT_SHARE)
    usual = rng.lognormal(np.log(35), 0.6, rows)
    online = rng.random(rows) < np.take(MERCHANT_ONLINE, merchant)
    abroad = rng.random(rows) < np.where(online, 0.14, 0.04)
    offline = rng.choice(3, rows, p=[0.42, 0.54, 0.04])
    ratio = np.take(MERCHANT_SCALE, merchant) * rng.lognormal(-0.15, 0.75, rows)
    spree = rng.random(rows) < 0.02
    near = rng.lognormal(np.log(6), 1.1, rows)
    far = rng.lognormal(np.log(900), 0.9, rows)
    return {
        "usual": usual,
        "amountRatio": np.where(spree, ratio * rng.uniform(2, 8, rows), ratio),
        "country": np.where(abroad, rng.choice(len(COUNTRIES), rows, p=COUNTRY_SHARE), home),
        "cardCountry": home,
        "merchantCategory": merchant,
        "channel": np.where(online, CHANNELS.index("online"), offline),
        "hour": rng.choice(24, rows, p=np.array(HOUR_WEIGHT) / np.sum(HOUR_WEIGHT)),
        "cardAgeDays": rng.gamma(1.6, 420, rows),
        "distanceKm": np.where(abroad & ~online, far, near),
        "transactions24h": rng.poisson(np.where(spree, 6.0, 1.6)),
        "declines24h": rng.poisson(np.where(spree, 0.25, 0.04)),
        "minutesSinceLast": rng.exponential(np.where(spree, 90, 700)),
        "newMerchant": rng.random(rows) < np.where(abroad | online, 0.5, 0.22),
        "merchantFraudRate": rng.beta(1.2, 160, rows),
    }


def card_not_present(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Stolen card numbers spent in web shops: resellable goods, several times what the card usually spends, often at night."""
    night = rng.random(rows) < 0.45
    return {
        "channel": np.full(rows, CHANNELS.index("online")),
        "merchantCategory": pick(rng, rows, ["electronics", "digital", "fashion", "gambling", "travel"], [0.36, 0.26, 0.18, 0.1, 0.1]),
        "amountRatio": rng.lognormal(np.log(4.5), 0.8, rows),
        "hour": np.where(night, rng.integers(0, 6, rows), rng.integers(6, 24, rows)),
        "country": rng.choice(len(COUNTRIES), rows, p=COUNTRY_SHARE),
        "transactions24h": rng.poisson(4.5, rows),
        "declines24h": rng.poisson(0.7, rows),
        "minutesSinceLast": rng.exponential(90, rows),
        "newMerchant": rng.random(rows) < 0.93,
        "merchantFraudRate": rng.beta(1.8, 60, rows),
    }


def card_testing(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """A script that tries which stolen numbers work: tiny amounts, minutes apart, many declined."""
    return {
        "channel": np.full(rows, CHANNELS.index("online")),
        "merchantCategory": pick(rng, rows, ["digital", "other"], [0.8, 0.2]),
        "amountRatio": rng.lognormal(np.log(0.06), 0.6, rows),
        "hour": rng.integers(0, 24, rows),
        "transactions24h": rng.poisson(9, rows),
        "declines24h": rng.poisson(3, rows),
        "minutesSinceLast": rng.exponential(6, rows),
        "newMerchant": rng.random(rows) < 0.97,
        "merchantFraudRate": rng.beta(2, 50, rows),
    }


def stolen_card(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """A card from a bag, used near its home at once: contactless below the PIN limit, or cash with the PIN that was seen."""
    return {
        "channel": pick_from(rng, rows, CHANNELS, ["contactless", "chip", "magstripe"], [0.6, 0.3, 0.1]),
        "merchantCategory": pick(rng, rows, ["cash", "electronics", "groceries", "fuel", "other"], [0.3, 0.25, 0.2, 0.1, 0.15]),
        "amountRatio": rng.lognormal(np.log(2.4), 0.7, rows),
        "transactions24h": rng.poisson(7, rows),
        "minutesSinceLast": rng.exponential(18, rows),
        "newMerchant": rng.random(rows) < 0.85,
    }


def counterfeit(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """A copied magnetic stripe, used far away in a country that still reads stripes."""
    return {
        "channel": np.full(rows, CHANNELS.index("magstripe")),
        "merchantCategory": pick(rng, rows, ["cash", "electronics", "fashion"], [0.6, 0.25, 0.15]),
        "country": pick_from(rng, rows, COUNTRIES, ["US", "other"], [0.45, 0.55]),
        "amountRatio": rng.lognormal(np.log(3.5), 0.7, rows),
        "distanceKm": rng.lognormal(np.log(4500), 0.6, rows),
        "newMerchant": rng.random(rows) < 0.98,
    }


def account_takeover(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """A replacement card ordered by somebody else: a new card, large payments, nothing that looks hurried."""
    return {
        "cardAgeDays": rng.exponential(9, rows),
        "channel": np.full(rows, CHANNELS.index("online")),
        "merchantCategory": pick(rng, rows, ["travel", "electronics", "fashion"], [0.45, 0.4, 0.15]),
        "amountRatio": rng.lognormal(np.log(9), 0.7, rows),
        "newMerchant": rng.random(rows) < 0.95,
    }


SCHEME_OF = {
    "card-not-present": card_not_present,
    "card-testing": card_testing,
    "stolen-card": stolen_card,
    "counterfeit": counterfeit,
    "account-takeover": account_takeover,
}


def overwrite(columns, where, scheme, rng) -> None:
    """Give the payments at `where` the values of a scheme; what a scheme does not name stays as the card's own habit."""
    for name, values in scheme(rng, len(where)).items():
        columns[name][where] = values


def finish(columns, rng) -> dict[str, np.ndarray]:
    """The columns as a payment system would report them: rounded, capped, with unknown values as NaN."""
    rows = len(columns["hour"])
    amount = np.clip(np.round(columns["usual"] * columns["amountRatio"], 2), 0.5, 50_000)
    age = np.round(columns["cardAgeDays"])
    distance = np.round(np.clip(columns["distanceKm"], 0, 20_000), 1)
    online = columns["channel"] == CHANNELS.index("online")
    return {
        "amount": amount,
        "amountRatio": np.round(amount / columns["usual"], 3),
        "country": np.take(COUNTRIES, columns["country"]),
        "cardCountry": np.take(COUNTRIES, columns["cardCountry"]),
        "merchantCategory": np.take(MERCHANTS, columns["merchantCategory"]),
        "channel": np.take(CHANNELS, columns["channel"]),
        "hour": columns["hour"].astype(np.int64),
        "cardAgeDays": np.where(rng.random(rows) < CARD_AGE_MISSING, np.nan, np.minimum(age, 7300)),
        "distanceKm": np.where(online | (rng.random(rows) < DISTANCE_MISSING), np.nan, distance),
        "transactions24h": np.minimum(columns["transactions24h"], 200).astype(np.int64),
        "declines24h": np.minimum(columns["declines24h"], 50).astype(np.int64),
        "minutesSinceLast": np.round(np.minimum(columns["minutesSinceLast"], 20_160), 1),
        "newMerchant": columns["newMerchant"].astype(bool),
        "merchantFraudRate": np.round(columns["merchantFraudRate"], 4),
    }


def pick(rng, rows, names, share):
    """Random indices of the named merchant categories."""
    return pick_from(rng, rows, MERCHANTS, names, share)


def pick_from(rng, rows, among, names, share):
    """Random indices into `among`, of `names` only."""
    return rng.choice([among.index(name) for name in names], rows, p=share)
