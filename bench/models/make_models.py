"""Makes trees-200x6.onnx, the model of the serving benchmark: 200 trees of depth 6 over 30 float features.

    pip install -r examples/requirements.txt && python bench/models/make_models.py

One input `x` float32 [rows, 30] (its columns are the fields f0 to f29), one output `probability` float32 [rows, 1]. Writes
trees-200x6.golden.json beside itself: rows with scikit-learn's own answers, for the harness to hold every server to.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import sklearn
from onnx import TensorProto, helper
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.tree._tree import TREE_LEAF

HERE = Path(__file__).resolve().parent
SEED = 20240505
FEATURES, TREES, DEPTH = 30, 200, 6
NAME = f"trees-{TREES}x{DEPTH}"


def main() -> None:
    x, y = make_classification(n_samples=4000, n_features=FEATURES, n_informative=18, n_redundant=6, flip_y=0.05, random_state=SEED)
    x = x.astype(np.float32)
    model = GradientBoostingClassifier(n_estimators=TREES, max_depth=DEPTH, learning_rate=0.05, subsample=0.5, random_state=SEED).fit(x, y)
    path = HERE / f"{NAME}.onnx"
    onnx.save(to_onnx(model), path)
    exact = model.predict_proba(x)[:, 1]
    answers = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0][:, 0]
    difference = float(np.abs(answers - exact).max())
    assert difference < 1e-5, f"the ONNX file is {difference} from scikit-learn"
    rows = [{"input": {f"f{j}": float(str(value)) for j, value in enumerate(x[i])}, "output": {"probability": float(exact[i])}} for i in range(8)]
    golden = {"source": f"scikit-learn {sklearn.__version__}", "tolerance": 1e-5, "rows": rows}
    (HERE / f"{NAME}.golden.json").write_text(json.dumps(golden, indent=2) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes, at most {difference:.2g} from scikit-learn")


def to_onnx(model: GradientBoostingClassifier) -> onnx.ModelProto:
    """The sum of the trees, then a sigmoid; no label and no ZipMap."""
    prior = model.init_.class_prior_[1]
    attributes = {
        **ensemble([stage[0].tree_ for stage in model.estimators_], model.learning_rate),
        "n_targets": 1,
        "base_values": [float(np.log(prior / (1 - prior)))],
        "aggregate_function": "SUM",
        "post_transform": "NONE",
    }
    nodes = [
        helper.make_node("TreeEnsembleRegressor", ["x"], ["score"], domain="ai.onnx.ml", **attributes),
        helper.make_node("Sigmoid", ["score"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        NAME,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", FEATURES])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["rows", 1])],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, producer_name="slipway bench", opset_imports=opsets, ir_version=9)
    onnx.checker.check_model(made)
    return made


def ensemble(trees, learning_rate: float) -> dict[str, list]:
    """scikit-learn's trees as the attributes of TreeEnsembleRegressor."""
    columns: dict[str, list] = {f"nodes_{name}": [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    targets: dict[str, list] = {f"target_{name}": [] for name in ("treeids", "nodeids", "ids", "weights")}
    for tree_id, tree in enumerate(trees):
        for node_id in range(tree.node_count):
            leaf = tree.children_left[node_id] == TREE_LEAF
            columns["nodes_treeids"].append(tree_id)
            columns["nodes_nodeids"].append(node_id)
            columns["nodes_featureids"].append(0 if leaf else int(tree.feature[node_id]))
            columns["nodes_values"].append(0.0 if leaf else floor32(tree.threshold[node_id]))
            columns["nodes_modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            columns["nodes_truenodeids"].append(0 if leaf else int(tree.children_left[node_id]))
            columns["nodes_falsenodeids"].append(0 if leaf else int(tree.children_right[node_id]))
            if leaf:
                targets["target_treeids"].append(tree_id)
                targets["target_nodeids"].append(node_id)
                targets["target_ids"].append(0)
                targets["target_weights"].append(float(learning_rate * tree.value[node_id, 0, 0]))
    return {**columns, **targets}


def floor32(threshold: float) -> float:
    """The largest float32 that is not above a float64 threshold: `x <= threshold` then says the same for every float32 x."""
    rounded = np.float32(threshold)
    return float(rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf)))


if __name__ == "__main__":
    main()
