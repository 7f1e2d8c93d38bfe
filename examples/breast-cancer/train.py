"""Trains breast-cancer.onnx: scikit-learn's breast cancer data, scaler and logistic regression in one graph.

    python examples/breast-cancer/train.py

The graph keeps what skl2onnx writes by default, string labels and a ZipMap (a sequence of maps) behind the probabilities, because that is
the file most people have. Writes report.json (held-out figures) and golden.json (rows with scikit-learn's own answers) beside itself.
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
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
SEED = 20240502
HELD_OUT_SHARE = 0.25


def main() -> None:
    data = load_breast_cancer()
    x, diagnosis = data.data.astype(np.float32), data.target_names[data.target]
    x_train, x_held_out, y_train, y_held_out = train_test_split(x, diagnosis, test_size=HELD_OUT_SHARE, stratify=diagnosis, random_state=SEED)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000)).fit(x_train, y_train)
    path = save(model, x.shape[1])
    report = {
        "data": {"trainRows": len(x_train), "heldOutRows": len(x_held_out), "seed": SEED},
        "framework": f"scikit-learn {sklearn.__version__}",
        "accuracy": round(model.score(x_held_out, y_held_out), 4),
        "auc": round(roc_auc_score(y_held_out == "malignant", malignant(model, x_held_out)), 4),
        "onnxMaxDifference": difference(path, model, x_held_out),
        "sizeBytes": path.stat().st_size,
    }
    (HERE / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    write_golden(model, [camel(name) for name in data.feature_names], x_held_out)
    json.dump(report, sys.stdout, indent=2)


def save(model, width: int) -> Path:
    """The pipeline as ONNX, as skl2onnx makes it when asked for nothing special."""
    graph = to_onnx(model, initial_types=[("features", FloatTensorType([None, width]))], target_opset={"": 18, "ai.onnx.ml": 3})
    graph.ir_version = 9
    graph.graph.name = "breast-cancer"
    path = HERE / "breast-cancer.onnx"
    onnx.save(graph, path)
    return path


def malignant(model, x) -> np.ndarray:
    """The probability of the class `malignant`, by scikit-learn."""
    return model.predict_proba(x)[:, list(model.classes_).index("malignant")]


def difference(path: Path, model, x) -> float:
    """How far the ONNX file is from scikit-learn on the held-out rows; labels must be equal."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    label, maps = session.run(None, {"features": x})
    assert list(label) == list(model.predict(x)), "the ONNX file gives other labels than scikit-learn"
    return float(np.abs(np.array([row["malignant"] for row in maps]) - malignant(model, x)).max())


def camel(name: str) -> str:
    """`worst concave points` -> `worstConcavePoints`."""
    first, *rest = name.split()
    return first + "".join(word.capitalize() for word in rest)


def write_golden(model, names: list[str], x) -> None:
    """Eight held-out samples, spread from surely benign to surely malignant, with what scikit-learn says of them."""
    score = malignant(model, x)
    order = np.argsort(score)
    middle = np.argsort(np.abs(score - 0.5))[:2]
    chosen = [*order[(np.array([0, 0.2, 0.4, 0.6, 0.8, 1]) * (len(order) - 1)).astype(int)], *middle]
    rows = [
        {
            "input": {name: float(str(value)) for name, value in zip(names, x[i])},
            "output": {"diagnosis": str(model.predict(x[i : i + 1])[0]), "malignant": float(score[i])},
        }
        for i in chosen
    ]
    golden = {"source": f"scikit-learn {sklearn.__version__}", "tolerance": 1e-5, "rows": rows}
    (HERE / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
