"""Calls a running slipway with the KServe SDK's clients for REST v1, v2 and gRPC.

    python kserve_clients.py http://127.0.0.1:8080 127.0.0.1:8081

The server has the models `linear` (y = 0.1 x1 + 0.2 x2 + 0.3 x3 + 0.4 x4 + 1) and `words` (red 0, green 1, blue 2, else -1).
"""

import asyncio

from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.inference_client import InferenceGRPCClient

from checks import GRPC, HTTP, ROWS, WANT, check, run, same


def kserve_request() -> InferRequest:
    tensor = InferInput("x", list(ROWS.shape), "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=False)
    return InferRequest(model_name="linear", infer_inputs=[tensor])


@check
def kserve_rest_v2():
    async def calls():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        assert await client.is_server_live(HTTP)
        assert await client.is_server_ready(HTTP)
        assert await client.is_model_ready(HTTP, "linear")
        response = await client.infer(HTTP, kserve_request(), model_name="linear")
        same(response.outputs[0].as_numpy(), WANT)
        assert response.model_name == "linear" and response.id

    asyncio.run(calls())


@check
def kserve_rest_v1():
    async def calls():
        client = InferenceRESTClient(RESTConfig(protocol="v1"))
        response = await client.infer(HTTP, {"instances": ROWS.tolist()}, model_name="linear")
        same(response["predictions"], WANT)

    asyncio.run(calls())


@check
def kserve_grpc():
    async def calls():
        client = InferenceGRPCClient(GRPC)
        assert await client.is_server_live() and await client.is_server_ready() and await client.is_model_ready("linear")
        response = await client.infer(kserve_request())
        same(response.outputs[0].as_numpy(), WANT)

    asyncio.run(calls())


run()
