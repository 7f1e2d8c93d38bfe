"""The float matrix of the model: the twin of preprocess.ts, kept equal by golden.json."""

from __future__ import annotations

import numpy as np

from generator import CHANNELS, COUNTRIES

NUMBERS = ["retentionDay1", "retentionDay3", "retentionDay7", "payerShare"]
AMOUNTS = ["paidDay1", "paidDay3", "paidDay7"]
WIDTH = len(CHANNELS) + len(COUNTRIES) + 1 + len(NUMBERS) + len(AMOUNTS)


def matrix(columns: dict[str, np.ndarray]) -> np.ndarray:
    """float32 [cohorts, WIDTH]: one-hot channel and country, log customers, shares, log amounts."""
    parts = [
        columns["channel"][:, None] == np.array(CHANNELS),
        columns["country"][:, None] == np.array(COUNTRIES),
        np.log1p(columns["customers"].astype(np.float64))[:, None],
        *(columns[name][:, None] for name in NUMBERS),
        *(np.log1p(columns[name])[:, None] for name in AMOUNTS),
    ]
    return np.concatenate([np.asarray(part, dtype=np.float32) for part in parts], axis=1)
