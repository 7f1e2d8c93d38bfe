"""From payment columns to the float matrix of the models. `preprocess.ts` is the same step in TypeScript; golden.json holds both to it."""

import numpy as np

from generator import CHANNELS, COUNTRIES, MERCHANTS

#: The columns of the matrix, in order: numbers as they are, derived numbers, then one column for each category.
NUMERIC = ["amount", "amountRatio", "cardAgeDays", "distanceKm", "transactions24h", "declines24h", "minutesSinceLast", "merchantFraudRate"]
DERIVED = ["logAmount", "logAmountRatio", "hourSin", "hourCos", "newMerchant", "foreign"]
ONE_HOT = {"country": COUNTRIES, "merchantCategory": MERCHANTS, "channel": CHANNELS}
WIDTH = len(NUMERIC) + len(DERIVED) + sum(len(values) for values in ONE_HOT.values())


def matrix(columns: dict[str, np.ndarray]) -> np.ndarray:
    """float32 [rows, WIDTH]; an unknown number is NaN."""
    angle = columns["hour"].astype(np.float64) * (2 * np.pi / 24)
    parts = [columns[name] for name in NUMERIC]
    parts += [np.log1p(columns["amount"]), np.log1p(columns["amountRatio"]), np.sin(angle), np.cos(angle)]
    parts += [columns["newMerchant"], columns["country"] != columns["cardCountry"]]
    for name, values in ONE_HOT.items():
        parts += [columns[name] == value for value in values]
    return np.stack([np.asarray(part, dtype=np.float64) for part in parts], axis=1).astype(np.float32)
