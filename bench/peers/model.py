"""The model that every peer serves: one ONNX Runtime session with one thread, for 30 features named f0 to f29."""

import os
from pathlib import Path

import numpy as np
import onnxruntime

NAMES = [f"f{i}" for i in range(30)]
DEFAULT_MODEL = Path(__file__).resolve().parents[1] / "models" / "trees-200x6.onnx"


def open_session() -> onnxruntime.InferenceSession:
    """The graph at BENCH_MODEL, or trees-200x6.onnx; one thread, because every server of the benchmark has one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(os.environ.get("BENCH_MODEL", str(DEFAULT_MODEL)), options, providers=["CPUExecutionProvider"])


session = open_session()


def probability(values: list[float]) -> float:
    """The model's answer to the values of one row, in the order of NAMES."""
    return float(session.run(["probability"], {"x": np.array([values], dtype=np.float32)})[0][0, 0])
