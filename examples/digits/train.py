"""Trains digits.onnx: a small convolutional net that reads handwritten digits of 28x28 grey pixels.

    OMP_NUM_THREADS=1 python examples/digits/train.py [folder of MNIST, default ../shared/data/mnist]

The folder holds b0.png to b20.png, each 784 x 3000 grey pixels with one image a row, and labels.txt with one label a line; b20 (the first
3,000 images of MNIST's test set) is held out. The data is not in the repository: MNIST, LeCun, Cortes and Burges. Takes a few minutes on one
core. Writes report.json (held-out figures) and golden.json (images with the float64 answers of the NumPy net) beside itself.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from cnn import KERNEL, SHAPES, Adam, forward, gradients, initial

HERE = Path(__file__).resolve().parent
SEED = 20240504
EPOCHS = 6
BATCH = 64
FIRST_RATE = 0.002
#: Training images are moved by up to this many pixels, so that a digit drawn off centre is read as well.
SHIFT = 1
FILES, ROWS_A_FILE, SIDE = 21, 3000, 28


def main(folder: Path) -> None:
    images, labels = read(folder)
    held_out = slice((FILES - 1) * ROWS_A_FILE, None)
    weights = train(images[: held_out.start], labels[: held_out.start])
    path = save(weights)
    exact = probabilities(weights, images[held_out])
    report = {
        "data": {"trainImages": held_out.start, "heldOutImages": len(exact), "seed": SEED},
        "framework": f"NumPy {np.__version__}",
        "accuracy": round(float((exact.argmax(axis=1) == labels[held_out]).mean()), 4),
        "onnxMaxDifference": float(np.abs(from_onnx(path, images[held_out]) - exact).max()),
        "sizeBytes": path.stat().st_size,
    }
    (HERE / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    write_golden(images[held_out], labels[held_out], exact)
    json.dump(report, sys.stdout, indent=2)


def read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [63000, 28, 28] and their labels."""
    pages = [np.asarray(Image.open(folder / f"b{i}.png").convert("L")) for i in range(FILES)]
    images = np.concatenate(pages).reshape(-1, SIDE, SIDE)
    labels = np.array((folder / "labels.txt").read_text().split(), dtype=np.int64)
    return images, labels[: len(images)]


def scaled(images) -> np.ndarray:
    """Pixels 0..255 to 0..1, with a channel axis; the example's preprocess in TypeScript does the same."""
    return (images.astype(np.float32) / np.float32(255))[..., None]


def train(images, labels) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(SEED)
    weights = initial(rng)
    adam = Adam(weights)
    steps = EPOCHS * (len(images) // BATCH)
    for epoch in range(EPOCHS):
        losses = []
        for batch in rng.permutation(len(images))[: len(images) // BATCH * BATCH].reshape(-1, BATCH):
            rate = FIRST_RATE * (1 + np.cos(np.pi * adam.steps / steps)) / 2
            loss, grads = gradients(weights, scaled(moved(images[batch], rng)), labels[batch])
            adam.step(weights, grads, rate)
            losses.append(loss)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.4f}", file=sys.stderr)
    return weights


def moved(images, rng) -> np.ndarray:
    """The batch, each image moved by up to SHIFT pixels both ways; the border fills with background."""
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
    down, right = rng.integers(0, 2 * SHIFT + 1, (2, len(images), 1, 1))
    rows, columns = np.arange(SIDE)[None, :, None] + down, np.arange(SIDE)[None, None, :] + right
    return padded[np.arange(len(images))[:, None, None], rows, columns]


def probabilities(weights, images) -> np.ndarray:
    """The net's answers in float64."""
    exact = {name: value.astype(np.float64) for name, value in weights.items()}
    parts = [forward(exact, scaled(part).astype(np.float64))[0] for part in np.array_split(images, max(1, len(images) // 250))]
    return np.concatenate(parts)


def save(weights) -> Path:
    """image float32 [rows, 1, 28, 28] of 0..1 -> probabilities float32 [rows, 10]."""
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        helper.make_node("Conv", ["image", "conv1", "conv1.bias"], ["c1"], kernel_shape=[KERNEL, KERNEL]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("MaxPool", ["r1"], ["p1"], **pool),
        helper.make_node("Conv", ["p1", "conv2", "conv2.bias"], ["c2"], kernel_shape=[KERNEL, KERNEL]),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("MaxPool", ["r2"], ["p2"], **pool),
        helper.make_node("Flatten", ["p2"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense", "dense.bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    tensors = dict(weights)
    for name, (inputs, outputs) in SHAPES.items():
        tensors[name] = np.ascontiguousarray(weights[name].T).reshape(outputs, inputs, KERNEL, KERNEL)
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["rows", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", 10])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    model = helper.make_model(graph, producer_name="slipway examples", opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    path = HERE / "digits.onnx"
    onnx.save(model, path)
    return path


def from_onnx(path: Path, images) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": scaled(images).transpose(0, 3, 1, 2)})[0]


def write_golden(images, labels, exact) -> None:
    """One held-out image of five different digits, with what the net says of it."""
    chosen = [int(np.flatnonzero(labels == digit)[0]) for digit in (0, 2, 4, 7, 9)]
    rows = [
        {
            "input": {"image": images[i].tolist()},
            "output": {"digit": int(exact[i].argmax()), "probabilities": exact[i].tolist()},
        }
        for i in chosen
    ]
    golden = {"source": f"NumPy {np.__version__}, float64", "tolerance": 1e-5, "rows": rows}
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[2] / "shared" / "data" / "mnist")
