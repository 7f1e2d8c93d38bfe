"""Calls a running slipway with Triton's Python clients for HTTP and gRPC.

    python triton_clients.py http://127.0.0.1:8080 127.0.0.1:8081

The server has the models `linear` (y = 0.1 x1 + 0.2 x2 + 0.3 x3 + 0.4 x4 + 1) and `words` (red 0, green 1, blue 2, else -1).
"""

import queue

import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http

from checks import GRPC, HTTP, ROWS, WANT, check, run, same

HOST = HTTP.removeprefix("http://")


def linear_input(module, binary: bool | None = None):
    tensor = module.InferInput("x", list(ROWS.shape), "FP32")
    if binary is None:
        tensor.set_data_from_numpy(ROWS)
    else:
        tensor.set_data_from_numpy(ROWS, binary_data=binary)
    return tensor


@check
def triton_http_health_and_metadata():
    client = triton_http.InferenceServerClient(HOST)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("linear")
    assert not client.is_model_ready("no-such-model")
    metadata = client.get_server_metadata()
    assert "binary_tensor_data" in metadata["extensions"], metadata
    model = client.get_model_metadata("linear")
    assert model["inputs"][0]["name"] == "x" and model["inputs"][0]["datatype"] == "FP32", model
    assert client.get_model_config("linear")["name"] == "linear"


@check
def triton_http_infer_in_every_encoding():
    client = triton_http.InferenceServerClient(HOST)
    for binary_in in (True, False):
        for outputs in (None, [triton_http.InferRequestedOutput("y", binary_data=True)], [triton_http.InferRequestedOutput("y", binary_data=False)]):
            result = client.infer("linear", [linear_input(triton_http, binary_in)], outputs=outputs, request_id="r1")
            same(result.as_numpy("y"), WANT)
            assert result.get_response()["id"] == "r1"
    for algorithm in ("gzip", "deflate"):
        result = client.infer("linear", [linear_input(triton_http)], request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
        same(result.as_numpy("y"), WANT)


@check
def triton_http_strings():
    client = triton_http.InferenceServerClient(HOST)
    words = np.array([["green"], ["blue"], ["grün"]], dtype=object)
    for binary in (True, False):
        tensor = triton_http.InferInput("word", [3, 1], "BYTES")
        tensor.set_data_from_numpy(words, binary_data=binary)
        same(client.infer("words", [tensor]).as_numpy("code"), [1, 2, -1])


@check
def triton_http_repository_and_statistics():
    client = triton_http.InferenceServerClient(HOST)
    index = {entry["name"]: entry["state"] for entry in client.get_model_repository_index()}
    assert index["linear"] == "READY", index
    stats = client.get_inference_statistics("linear")["model_stats"][0]
    assert stats["inference_stats"]["success"]["count"] > 0 and stats["execution_count"] > 0, stats
    client.unload_model("words")
    assert not client.is_model_ready("words")
    client.load_model("words")
    assert client.is_model_ready("words")


@check
def triton_http_errors():
    client = triton_http.InferenceServerClient(HOST)
    try:
        client.infer("no-such-model", [linear_input(triton_http)])
    except triton_http.InferenceServerException as error:
        assert "unknown model" in error.message().lower(), error.message()
    else:
        raise AssertionError("an unknown model answered")
    wrong = triton_http.InferInput("x", [1, 3], "FP32")
    wrong.set_data_from_numpy(np.zeros((1, 3), dtype=np.float32))
    try:
        client.infer("linear", [wrong])
    except triton_http.InferenceServerException as error:
        assert error.status() == "400", error.status()
    else:
        raise AssertionError("a wrong shape was answered")


@check
def triton_grpc_everything():
    client = triton_grpc.InferenceServerClient(GRPC)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("linear")
    assert "statistics" in client.get_server_metadata().extensions
    assert client.get_model_metadata("linear").inputs[0].name == "x"
    assert client.get_model_config("linear").config.name == "linear"
    assert any(model.name == "linear" for model in client.get_model_repository_index().models)
    result = client.infer("linear", [linear_input(triton_grpc)], request_id="g1")
    same(result.as_numpy("y"), WANT)
    assert result.get_response().id == "g1"
    assert client.get_inference_statistics("linear").model_stats[0].inference_count > 0
    words = triton_grpc.InferInput("word", [2, 1], "BYTES")
    words.set_data_from_numpy(np.array([["red"], ["blue"]], dtype=object))
    same(client.infer("words", [words]).as_numpy("code"), [0, 2])
    try:
        client.infer("no-such-model", [linear_input(triton_grpc)])
    except triton_grpc.InferenceServerException as error:
        assert "NOT_FOUND" in str(error.status()), error.status()
    else:
        raise AssertionError("an unknown model answered")


@check
def triton_grpc_stream():
    answers: queue.Queue = queue.Queue()
    client = triton_grpc.InferenceServerClient(GRPC)
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for i in range(5):
        client.async_stream_infer("linear", [linear_input(triton_grpc)], request_id=str(i))
    seen = set()
    for _ in range(5):
        result, error = answers.get(timeout=10)
        assert error is None, error
        same(result.as_numpy("y"), WANT)
        seen.add(result.get_response().id)
    client.stop_stream()
    assert seen == {"0", "1", "2", "3", "4"}, seen


run()
