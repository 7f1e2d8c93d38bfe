"""Trains reviews.onnx: is a customer's sentence positive? Logistic regression on hashed n-grams, scaled by naive Bayes.

    python examples/reviews/train.py [folder of the Sentiment Labelled Sentences, default ../shared/data/reviews]

The data is not in the repository: "Sentiment Labelled Sentences", UCI Machine Learning Repository, CC BY 4.0 (Kotzias et al., "From Group to
Individual Labels Using Deep Features", KDD 2015). The method is NBSVM of Wang and Manning, "Baselines and Bigrams", ACL 2012, with logistic
loss. Writes report.json (held-out figures), golden.json (sentences with the float64 answers) and tokens.vectors.json beside itself.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import scipy.sparse as sparse
import sklearn
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from tokens import BUCKETS, MAX_IDS, token_ids

HERE = Path(__file__).resolve().parent
FILES = ["amazon_cells_labelled.txt", "imdb_labelled.txt", "yelp_labelled.txt"]
SEED = 20240503
HELD_OUT_SHARE = 0.2
REGULARISATION = 5.0


def main(folder: Path) -> None:
    sentences = read(folder)
    order = np.random.default_rng(SEED).permutation(len(sentences))
    cut = round(len(sentences) * HELD_OUT_SHARE)
    held_out, train = [sentences[i] for i in order[:cut]], [sentences[i] for i in order[cut:]]
    weights, bias = fit(train)
    path = save(weights, bias)
    scores = probabilities(weights, bias, [text for text, _ in held_out])
    labels = np.array([label for _, label in held_out])
    report = {
        "data": {"trainSentences": len(train), "heldOutSentences": len(held_out), "seed": SEED},
        "framework": f"scikit-learn {sklearn.__version__}",
        "accuracy": round(float(((scores > 0.5) == labels).mean()), 4),
        "auc": round(roc_auc_score(labels, scores), 4),
        "onnxMaxDifference": float(np.abs(from_onnx(path, [text for text, _ in held_out]) - scores).max()),
        "sizeBytes": path.stat().st_size,
    }
    write_json("report.json", report)
    write_golden(weights, bias)
    write_json("tokens.vectors.json", [{"text": text, "ids": token_ids(text)} for text in VECTORS])
    json.dump(report, sys.stdout, indent=2)


def read(folder: Path) -> list[tuple[str, int]]:
    """Every different sentence with its label; sentences that differ only in case or spaces count once."""
    found: dict[str, tuple[str, int]] = {}
    for name in FILES:
        # Not splitlines(): two sentences hold a NEL (U+0085), which is no end of a line here.
        for line in (folder / name).read_text(encoding="utf-8").split("\n"):
            text, tab, label = line.rpartition("\t")
            if tab and label.strip() in ("0", "1"):
                found.setdefault(" ".join(text.lower().split()), (text.strip(), int(label)))
    return list(found.values())


def fit(sentences) -> tuple[np.ndarray, float]:
    """The table of weights (row 0 pads and stays 0) and the bias."""
    x, y = counts([text for text, _ in sentences]), np.array([label for _, label in sentences])
    present = 1 + np.asarray(x[y == 1].sum(axis=0)).ravel(), 1 + np.asarray(x[y == 0].sum(axis=0)).ravel()
    ratio = np.log(present[0] / present[0].sum()) - np.log(present[1] / present[1].sum())
    model = LogisticRegression(C=REGULARISATION, max_iter=5000).fit(normalised(x) @ sparse.diags(ratio), y)
    weights = (model.coef_[0] * ratio).astype(np.float32)
    weights[0] = 0
    return weights, float(np.float32(model.intercept_[0]))


def counts(texts) -> sparse.csr_matrix:
    """One row a sentence, 1 at each of its ids."""
    ids = [token_ids(text) for text in texts]
    ends = np.cumsum([0, *(len(row) for row in ids)])
    flat = np.concatenate([np.array(row, dtype=np.int64) for row in ids])
    return sparse.csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(texts), BUCKETS + 1))


def normalised(x: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows of Euclidean length 1."""
    return sparse.diags(1 / np.sqrt(np.maximum(np.asarray(x.sum(axis=1)).ravel(), 1))) @ x


def probabilities(weights, bias, texts) -> np.ndarray:
    """Probability of positive, in float64."""
    return 1 / (1 + np.exp(-(normalised(counts(texts)) @ weights.astype(np.float64) + bias)))


def save(weights, bias) -> Path:
    """ids int32 [rows, MAX_IDS], padded with 0 -> probability float32 [rows, 1]."""
    nodes = [
        helper.make_node("Gather", ["weights", "ids"], ["found"]),
        helper.make_node("ReduceSum", ["found", "axis"], ["sum"], keepdims=1),
        helper.make_node("Greater", ["ids", "padding"], ["present"]),
        helper.make_node("Cast", ["present"], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["ones", "axis"], ["count"], keepdims=1),
        helper.make_node("Max", ["count", "one"], ["atLeastOne"]),
        helper.make_node("Sqrt", ["atLeastOne"], ["length"]),
        helper.make_node("Div", ["sum", "length"], ["mean"]),
        helper.make_node("Add", ["mean", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    constants = {
        "weights": weights,
        "bias": np.array([bias], dtype=np.float32),
        "axis": np.array([1], dtype=np.int64),
        "padding": np.array([0], dtype=np.int32),
        "one": np.array([1], dtype=np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "reviews",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", MAX_IDS])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["rows", 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, producer_name="slipway examples", opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    path = HERE / "reviews.onnx"
    onnx.save(model, path)
    return path


def from_onnx(path: Path, texts) -> np.ndarray:
    ids = np.zeros((len(texts), MAX_IDS), dtype=np.int32)
    for i, text in enumerate(texts):
        row = token_ids(text)
        ids[i, : len(row)] = row
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["probability"], {"ids": ids})[0][:, 0].astype(np.float64)


def write_golden(weights, bias) -> None:
    """Sentences of our own with the float64 answers."""
    scores = probabilities(weights, bias, GOLDEN)
    rows = [
        {"input": {"text": text}, "output": {"probability": float(score), "sentiment": "positive" if score >= 0.5 else "negative"}}
        for text, score in zip(GOLDEN, scores)
    ]
    write_json("golden.json", {"source": f"scikit-learn {sklearn.__version__}, float64", "tolerance": 1e-5, "rows": rows})


def write_json(name: str, value) -> None:
    (HERE / name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


GOLDEN = [
    "Great phone, the battery lasts for days and I love the screen!",
    "The food was cold and the waiter was rude.",
    "Not good at all, I want my money back.",
    "Works exactly as described, would buy again.",
    "I don't recommend this place to anyone.",
    "The plot is predictable but the acting is wonderful.",
    "Stopped working after two weeks.",
    "Best pancakes in town, and the staff are so friendly.",
]

#: What the tokeniser is held to: case, apostrophes, negation, other scripts, decomposed accents, astral letters, nothing, too much.
VECTORS = [
    "",
    "   !!! ... ---",
    "Good good GOOD",
    "I don't like it. I don\u2019t LIKE it at all!",
    "Not bad, never boring; nothing's wrong",
    "rock 'n' roll, '90s style, o'clock''s",
    "snake_case under_score a_b",
    "Cre\u0300me bru\u0302le\u0301e vs Cr\u00e8me br\u00fbl\u00e9e",
    "\u00c4RGER im STRASSE stra\u00dfe \u0130stanbul I\u0307stanbul",
    "\u039f\u0394\u039f\u03a3 \u039f\u03a3 \u03a3\u0391\u03a3",
    "\u041e\u0442\u043b\u0438\u0447\u043d\u044b\u0439 \u0442\u0435\u043b\u0435\u0444\u043e\u043d, \u4e0d\u9519\u7684\u624b\u673a \u3068\u3066\u3082\u3044\u3044",
    "10/10 would 2x buy \u00bd price \u2167 \u00b2",
    "\U00010400\U00010401\U00010402\U00010403\U00010404 emoji \U0001f600\U0001f44d\U0001f3fd ok",
    "tab\tnew\nline\u0085nel\u00a0nbsp\u2009thin",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22 \u0639\u0631\u0628\u064a\u0629",
    " ".join(f"word{i} not" for i in range(120)),
]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[2] / "shared" / "data" / "reviews")
