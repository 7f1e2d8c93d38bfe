"""Trains forecast.onnx: four targets at once, what a customer will have paid by day 30, 90, 180 and 365.

    python examples/forecast/train.py

Writes the model, report.json (held-out figures), golden.json (cohorts with scikit-learn's own answers) and two months of cohorts as CSV.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import sklearn
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features import WIDTH, matrix
from generator import DAYS, cohorts

HERE = Path(__file__).resolve().parent
SEED = 20250301
TRAIN_MONTHS = range(1, 25)
HELD_OUT_MONTHS = [25, 26]


def stack(months):
    parts = [cohorts(month, SEED) for month in months]
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    return columns, np.concatenate([part.paid for part in parts])


def main() -> None:
    columns, paid = stack(TRAIN_MONTHS)
    # The network learns the logarithm: errors then count in proportion, and amounts stay positive.
    model = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(48, 24), alpha=1e-3, max_iter=300, early_stopping=True, random_state=SEED)
    ).fit(matrix(columns), np.log(paid))
    graph = to_onnx(model, initial_types=[("cohort", FloatTensorType([None, WIDTH]))], target_opset={"": 18, "ai.onnx.ml": 3})
    drop_last_reshape(graph.graph)
    graph.ir_version = 9
    graph.graph.name = "forecast"
    onnx.save(graph, HERE / "forecast.onnx")
    held_out, truth = stack(HELD_OUT_MONTHS)
    x = matrix(held_out)
    predicted = np.exp(model.predict(x))
    naive = held_out["paidDay7"][:, None] * np.exp(np.log(np.median(paid / columns["paidDay7"][:, None], axis=0)))
    from_onnx = np.exp(onnxruntime.InferenceSession(str(HERE / "forecast.onnx")).run(None, {"cohort": x})[0])
    error = lambda guess: {f"day{day}": round(float(np.median(np.abs(guess[:, i] / truth[:, i] - 1))), 4) for i, day in enumerate(DAYS)}
    report = {
        "data": {"trainCohorts": len(paid), "heldOutCohorts": len(truth), "seed": SEED},
        "framework": f"scikit-learn {sklearn.__version__}",
        "medianRelativeError": {"model": error(predicted), "multiple of day 7": error(naive)},
        "onnxMaxRelativeDifference": float(np.abs(from_onnx / predicted - 1).max()),
        "sizeBytes": (HERE / "forecast.onnx").stat().st_size,
    }
    (HERE / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    json.dump(report, sys.stdout, indent=2)
    write_golden(held_out, predicted)
    write_months()


def drop_last_reshape(graph) -> None:
    """skl2onnx 1.20 makes one column of the outputs of MLPRegressor, however many there are; they are [cohorts, 4] before that."""
    last = graph.node[-1]
    assert last.op_type == "Reshape", last.op_type
    before = next(node for node in graph.node if last.input[0] in node.output)
    before.output[0] = last.output[0]
    graph.node.remove(last)
    graph.initializer.remove(next(tensor for tensor in graph.initializer if tensor.name == last.input[1]))
    graph.output[0].type.tensor_type.shape.dim[1].dim_value = len(DAYS)


def write_golden(columns, predicted) -> None:
    order = np.argsort(predicted[:, 3])
    chosen = order[(np.linspace(0, 1, 8) * (len(order) - 1)).astype(int)]
    rows = [{"input": row(columns, i), "output": {f"day{day}": float(predicted[i, k]) for k, day in enumerate(DAYS)}} for i in chosen]
    golden = {"source": f"scikit-learn {sklearn.__version__}", "tolerance": 1e-4, "rows": rows}
    (HERE / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")


def row(columns, i: int) -> dict:
    return {name: column[i].item() for name, column in columns.items() if name != "day"}


def write_months() -> None:
    """The cohorts of two months as the warehouse would export them, one of them with a row that nobody can read and one out of range."""
    (HERE / "cohorts").mkdir(exist_ok=True)
    for month, name in [(25, "2026-01"), (26, "2026-02")]:
        made = cohorts(month, SEED, days=28).columns
        with open(HERE / "cohorts" / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["cohort", *made])
            for i in range(len(made["day"])):
                values = row(made, i)
                day = made["day"][i].item()
                writer.writerow([f"{name}-{day:02d}/{values['channel']}/{values['country']}", *(column[i].item() for column in made.values())])
            if name == "2026-02":
                writer.writerow(["2026-02-29/social/DE", "social", "DE", 29, 500, 0.41, 0.2, 0.13, 0.03, 0.31, "n/a", 0.6])
                writer.writerow(["2026-02-29/video/XX", "video", "XX", 29, 310, 0.4, 0.21, 0.12, 0.02, 0.2, 0.28, 0.41])


if __name__ == "__main__":
    main()
