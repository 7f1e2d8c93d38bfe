"""Trains fraud.onnx (gradient-boosted trees) and fraud-small.onnx (logistic regression, its fallback) on generated payments.

    python examples/fraud/train.py

Writes both models, report.json (held-out figures) and golden.json (rows with scikit-learn's own answers) beside itself.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import sklearn
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features import WIDTH, matrix
from generator import generate

HERE = Path(__file__).resolve().parent
SEED = 20240501
TRAIN_ROWS = 200_000
HELD_OUT_ROWS = 100_000


def main() -> None:
    train = generate(TRAIN_ROWS, SEED)
    held_out = generate(HELD_OUT_ROWS, SEED + 1)
    x, x_held_out = matrix(train.columns), matrix(held_out.columns)
    trees = HistGradientBoostingClassifier(
        max_iter=160, max_leaf_nodes=12, learning_rate=0.06, min_samples_leaf=60, l2_regularization=2.0, early_stopping=False, random_state=SEED
    ).fit(x, train.label)
    small = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)).fit(x, train.label)
    report = {
        "data": {
            "trainRows": TRAIN_ROWS,
            "heldOutRows": HELD_OUT_ROWS,
            "seed": SEED,
            "heldOutFraudShare": round(float(held_out.label.mean()), 5),
        },
        "framework": f"scikit-learn {sklearn.__version__}",
        "models": {},
    }
    for name, model in {"fraud": trees, "fraud-small": small}.items():
        path = save(model, name)
        report["models"][name] = evaluate(model, path, x_held_out, held_out.label)
    (HERE / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    write_golden({"fraud": trees, "fraud-small": small}, held_out)
    json.dump(report, sys.stdout, indent=2)


def save(model, name: str) -> Path:
    """The model as ONNX: one float matrix in, label and class probabilities out."""
    options = {"zipmap": False}
    graph = to_onnx(model, initial_types=[("features", FloatTensorType([None, WIDTH]))], options=options, target_opset={"": 18, "ai.onnx.ml": 3})
    graph.ir_version = 9
    graph.graph.name = name
    path = HERE / f"{name}.onnx"
    onnx.save(graph, path)
    return path


def evaluate(model, path: Path, x, label) -> dict:
    """Held-out figures, and how far the ONNX file is from scikit-learn on every held-out row."""
    score = model.predict_proba(x)[:, 1]
    false_rate, recall, _ = roc_curve(label, score)
    from_onnx = session(path).run(["probabilities"], {"features": x})[0][:, 1]
    return {
        "auc": round(roc_auc_score(label, score), 4),
        "averagePrecision": round(average_precision_score(label, score), 4),
        "recallAt1PercentFalsePositives": round(float(np.interp(0.01, false_rate, recall)), 4),
        "onnxMaxDifference": float(np.abs(from_onnx - score).max()),
        "sizeBytes": path.stat().st_size,
    }


def session(path: Path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def write_golden(models, held_out) -> None:
    """Held-out payments from the safest to the most suspicious, and two whose card age is unknown, with what scikit-learn says of them."""
    x = matrix(held_out.columns)
    scores = {name: model.predict_proba(x)[:, 1] for name, model in models.items()}
    order = np.argsort(scores["fraud"])
    spread = order[(np.array([0, 0.2, 0.4, 0.6, 0.8, 0.98, 0.99, 0.993, 0.997, 1]) * (len(order) - 1)).astype(int)]
    age_unknown = np.isnan(held_out.columns["cardAgeDays"])
    chosen = [*spread, np.flatnonzero(age_unknown)[0], np.flatnonzero(age_unknown & (scores["fraud"] > 0.5))[0]]
    for name in models:
        rows = [{"input": row(held_out.columns, i), "output": {"probability": float(scores[name][i])}} for i in chosen]
        golden = {"source": f"scikit-learn {sklearn.__version__}", "tolerance": 1e-5, "rows": rows}
        (HERE / ("golden.json" if name == "fraud" else "golden-small.json")).write_text(json.dumps(golden, indent=2) + "\n")


def row(columns, i: int) -> dict:
    """One payment as a request would carry it: an unknown value is left out."""
    values = {name: column[i].item() for name, column in columns.items()}
    return {name: value for name, value in values.items() if value == value}


if __name__ == "__main__":
    main()
