"""A small convolutional net in NumPy: 5x5 conv, pool, 5x5 conv, pool, dense, softmax; forward, backward and Adam. Images are [rows, height, width, channels]."""

import numpy as np

KERNEL = 5
SHAPES = {"conv1": (1, 12), "conv2": (12, 32)}
CLASSES = 10
FLAT = 32 * 4 * 4


def initial(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """He-initialised weights (He et al., 2015); convolutions as [in * 5 * 5, out], which is ONNX's OIHW transposed."""
    weights = {}
    for name, (inputs, outputs) in SHAPES.items():
        fan_in = inputs * KERNEL * KERNEL
        weights[name] = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, outputs))
        weights[f"{name}.bias"] = np.zeros(outputs)
    weights["dense"] = rng.normal(0, np.sqrt(1 / FLAT), (FLAT, CLASSES))
    weights["dense.bias"] = np.zeros(CLASSES)
    return {name: value.astype(np.float32) for name, value in weights.items()}


def forward(weights, images) -> tuple[np.ndarray, list]:
    """Class probabilities of images scaled to 0..1, and what the way back needs."""
    first, back1 = block(images, weights["conv1"], weights["conv1.bias"])
    second, back2 = block(first, weights["conv2"], weights["conv2.bias"])
    flat = second.transpose(0, 3, 1, 2).reshape(len(images), FLAT)
    logits = flat @ weights["dense"] + weights["dense.bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True), [back1, back2, flat]


def gradients(weights, images, labels) -> tuple[float, dict[str, np.ndarray]]:
    """Mean cross entropy of a batch and its gradient for every weight."""
    rows = len(images)
    probabilities, (back1, back2, flat) = forward(weights, images)
    loss = -np.log(np.maximum(probabilities[np.arange(rows), labels], 1e-12)).mean()
    error = probabilities
    error[np.arange(rows), labels] -= 1
    error /= rows
    grads = {"dense": flat.T @ error, "dense.bias": error.sum(axis=0)}
    error = (error @ weights["dense"].T).reshape(rows, 32, 4, 4).transpose(0, 2, 3, 1)
    error, grads["conv2"], grads["conv2.bias"] = block_back(error, weights["conv2"], back2, need_input=True)
    _, grads["conv1"], grads["conv1.bias"] = block_back(error, weights["conv1"], back1, need_input=False)
    return float(loss), grads


def block(x, kernel, bias):
    """Convolution, ReLU, 2x2 max pool."""
    rows, height, width, channels = x.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (KERNEL, KERNEL), axis=(1, 2))
    columns = windows.reshape(-1, channels * KERNEL * KERNEL)
    out = height - KERNEL + 1, width - KERNEL + 1
    active = np.maximum(columns @ kernel + bias, 0).reshape(rows, *out, -1)
    quads = active.reshape(rows, out[0] // 2, 2, out[1] // 2, 2, -1)
    pooled = quads.max(axis=(2, 4))
    return pooled, (x.shape, columns, quads, pooled)


def block_back(error, kernel, back, need_input):
    """Gradients of a block: for its input (when asked), its kernel and its bias."""
    shape, columns, quads, pooled = back
    winners = (quads == pooled[:, :, None, :, None]) & (quads > 0)
    spread = (winners * error[:, :, None, :, None]).reshape(-1, kernel.shape[1])
    grad_kernel, grad_bias = columns.T @ spread, spread.sum(axis=0)
    if not need_input:
        return None, grad_kernel, grad_bias
    rows, height, width, channels = shape
    out = height - KERNEL + 1, width - KERNEL + 1
    patches = (spread @ kernel.T).reshape(rows, *out, channels, KERNEL, KERNEL)
    grad = np.zeros(shape, dtype=error.dtype)
    for i in range(KERNEL):
        for j in range(KERNEL):
            grad[:, i : i + out[0], j : j + out[1]] += patches[..., i, j]
    return grad, grad_kernel, grad_bias


class Adam:
    """Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015."""

    def __init__(self, weights):
        self.mean = {name: np.zeros_like(value) for name, value in weights.items()}
        self.square = {name: np.zeros_like(value) for name, value in weights.items()}
        self.steps = 0

    def step(self, weights, grads, rate) -> None:
        self.steps += 1
        for name, grad in grads.items():
            self.mean[name] += 0.1 * (grad - self.mean[name])
            self.square[name] += 0.001 * (grad * grad - self.square[name])
            mean = self.mean[name] / (1 - 0.9**self.steps)
            square = self.square[name] / (1 - 0.999**self.steps)
            weights[name] -= (rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
