"""The model behind FastAPI and pydantic. `POST /predict` is an async function; `POST /predict-def` is a plain one, as most people write it.

    python -m uvicorn fastapi_app:app --loop uvloop --http httptools --no-access-log
"""

from fastapi import FastAPI
from pydantic import BaseModel

from model import probability


class Row(BaseModel):
    f0: float
    f1: float
    f2: float
    f3: float
    f4: float
    f5: float
    f6: float
    f7: float
    f8: float
    f9: float
    f10: float
    f11: float
    f12: float
    f13: float
    f14: float
    f15: float
    f16: float
    f17: float
    f18: float
    f19: float
    f20: float
    f21: float
    f22: float
    f23: float
    f24: float
    f25: float
    f26: float
    f27: float
    f28: float
    f29: float


class Answer(BaseModel):
    probability: float


app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
async def predict(row: Row) -> Answer:
    return Answer(probability=probability(list(row.model_dump().values())))


@app.post("/predict-def")
def predict_def(row: Row) -> Answer:
    return Answer(probability=probability(list(row.model_dump().values())))
