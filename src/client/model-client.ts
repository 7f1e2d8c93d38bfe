import { isUp } from './health.js'
import { jsonText } from './json-text.js'
import type { NonFinite } from './json-text.js'
import type { CallOptions } from './options.js'
import type { Answered, InputRow, OutputRow, RowAnswer } from './prediction.js'
import { readInferResponse } from './read-infer-response.js'
import { jsonOf } from './read-json.js'
import { isRowAnswers, readOneAnswer, readRowAnswers } from './read-prediction.js'
import type { InferRequest, InferResponse } from './tensors.js'
import type { Transport, WireRequest } from './transport.js'
import { writeInferRequest } from './write-infer-request.js'

/** Which version of the model; the server's default when both are left out. */
export interface ModelClientOptions {
  readonly version?: string
  /** slipway only: `champion`, `challenger` … */
  readonly alias?: string
}

/** `GET /v2/models/{model}`. */
export interface ModelMetadata {
  readonly name: string
  readonly versions?: readonly string[]
  readonly platform: string
  readonly inputs: readonly TensorMetadata[]
  readonly outputs: readonly TensorMetadata[]
}

export interface TensorMetadata {
  readonly name: string
  readonly datatype: string
  /** -1 stands for a dimension that is free. */
  readonly shape: readonly number[]
}

/** One entry of `model_stats` (Triton's statistics extension), as the server sends it. */
export interface StatisticsEntry {
  readonly name: string
  readonly version: string
  readonly last_inference: number
  readonly inference_count: number
  readonly execution_count: number
  readonly inference_stats: Readonly<Record<string, { readonly count: number; readonly ns: number | bigint }>>
  readonly batch_stats: readonly Readonly<Record<string, unknown>>[]
}

export interface PredictOptions extends CallOptions {
  /** Answers say what each guard found. */
  readonly explain?: 'guards'
}

/** One model of a server. */
export interface ModelClient<D = unknown> {
  /** slipway only. One row: rejects with the code of the check that refused it, as INPUT_RANGE. */
  predict(row: InputRow<D>, options?: PredictOptions): Promise<Answered<OutputRow<D>>>
  /** slipway only. Several rows: one answer each, in order; a refused row does not spoil the others. */
  predict(rows: readonly InputRow<D>[], options?: PredictOptions): Promise<readonly RowAnswer<OutputRow<D>>[]>
  /** Any server of the Open Inference Protocol: tensors in, tensors out. */
  infer(request: InferRequest, options?: CallOptions): Promise<InferResponse>
  metadata(options?: CallOptions): Promise<ModelMetadata>
  /** False for a model that is not ready or not known, and for a server that can not be reached. */
  ready(options?: CallOptions): Promise<boolean>
  /** slipway and Triton. */
  statistics(options?: CallOptions): Promise<readonly StatisticsEntry[]>
}

export interface ModelClientParts {
  readonly transport: Transport
  readonly nonFinite: NonFinite
}

/** A client of one model. */
export function createModelClient<D>({ transport, nonFinite }: ModelClientParts, name: string, model: ModelClientOptions): ModelClient<D> {
  const version = model.version ?? model.alias
  const v2 = `/v2/models/${encodeURIComponent(name)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`
  const native = `/models/${encodeURIComponent(name)}${version === undefined ? '' : `@${encodeURIComponent(version)}`}`

  async function predict(rows: InputRow<D> | readonly InputRow<D>[], call: PredictOptions = {}): Promise<never> {
    const many = Array.isArray(rows)
    const request: WireRequest = {
      method: 'POST',
      path: `${native}/predict${call.explain === undefined ? '' : `?explain=${call.explain}`}`,
      headers: { 'content-type': 'application/json' },
      body: jsonText(many ? { rows } : rows, nonFinite),
      timeoutHeader: 'slipway-timeout-ms',
    }
    const response = await transport.probe(request, (answer) => many && isRowAnswers(answer), call)
    return (many ? readRowAnswers(response) : readOneAnswer(response)) as never
  }

  return {
    predict,
    async infer(request, call) {
      const { headers, body } = writeInferRequest(request, nonFinite)
      return readInferResponse(await transport.send({ method: 'POST', path: `${v2}/infer`, headers, body }, call), request)
    },
    metadata: async (call) => jsonOf(await transport.send({ method: 'GET', path: v2 }, call)) as ModelMetadata,
    ready: (call) => isUp(transport, `${v2}/ready`, call),
    async statistics(call) {
      const answer = jsonOf(await transport.send({ method: 'GET', path: `${v2}/stats` }, call))
      return (answer as { readonly model_stats: readonly StatisticsEntry[] }).model_stats
    },
  }
}
