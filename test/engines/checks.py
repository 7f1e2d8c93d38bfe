"""What the client scripts share: the rows, the wanted numbers, and a runner that prints one JSON line a check: {"name", "ok", "detail"}."""

import json
import sys
import traceback

import numpy as np

HTTP, GRPC = sys.argv[1], sys.argv[2]
ROWS = np.array([[1, 2, 3, 4], [0, 0, 0, 0]], dtype=np.float32)
WANT = np.array([[4.0], [1.0]], dtype=np.float32)
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def same(got, want) -> None:
    assert np.allclose(np.asarray(got, dtype=np.float64).reshape(-1), np.asarray(want, dtype=np.float64).reshape(-1), atol=1e-6), f"{got} is not {want}"


def run() -> None:
    for function in CHECKS:
        try:
            function()
            print(json.dumps({"name": function.__name__, "ok": True, "detail": ""}), flush=True)
        except Exception:
            print(json.dumps({"name": function.__name__, "ok": False, "detail": traceback.format_exc()[-1500:]}), flush=True)
