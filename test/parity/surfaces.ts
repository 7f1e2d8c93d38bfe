import { createClient } from 'slipway/client'
import type { Datatype } from 'slipway/client'
import { open } from 'slipway/embedded'
import { decodeRaw, dtypeOf, encodeRaw } from '../../src/core/oip.js'
import type { TensorData } from '../../src/core/dtype.js'
import type { GRPCInferenceService } from '../../src/targets/grpc/proto/open_inference_pb.js'
import type { GrpcTestClient } from '../support/grpc-client.js'
import { type HttpReply, send } from '../support/http.js'
import { slipway } from '../support/slipway.js'
import type { DescribedModel, ParityModel, Row } from './models.js'
import { flatten, rowsOfTensors, tensorsOfRows } from './values.js'

/** Where the surfaces are. */
export interface Places {
  readonly url: string
  readonly state: string
  readonly grpc: GrpcTestClient<typeof GRPCInferenceService>
}

/** Output rows in the order of the rows asked, and who answered each: under load, a deadline may have made it a fallback. */
export interface Answers {
  readonly rows: readonly Row[]
  readonly sources: readonly string[]
}

/** One way to ask a model. */
export interface Surface {
  readonly name: string
  /** What it takes in one call: several rows, one row, or either. `several` also stands where a call is slow. */
  readonly takes: 'several' | 'one' | 'either'
  /** False for models that the surface has no words for. */
  fits?(model: ParityModel): boolean
  /** Asks for all rows at once, as one frame; a surface that takes only one row is given one. */
  ask(model: DescribedModel, rows: readonly Row[], places: Places): Promise<Answers>
}

/** Every way to ask, over the wire and without. */
export const surfaces: readonly Surface[] = [
  { name: 'native REST, rows', takes: 'either', ask: askNative },
  { name: 'native REST, one row', takes: 'one', ask: askNativeOne },
  { name: 'OIP, JSON', takes: 'either', ask: askOipJson },
  { name: 'OIP, binary', takes: 'either', ask: askOipBinary },
  { name: 'gRPC, raw contents', takes: 'either', ask: (model, rows, places) => askGrpc(model, rows, { ...places, contents: 'raw' }) },
  { name: 'gRPC, typed contents', takes: 'either', ask: (model, rows, places) => askGrpc(model, rows, { ...places, contents: 'typed' }) },
  {
    name: 'TF Serving, rows',
    takes: 'either',
    ask: jsonRows(
      ({ name }) => `/v1/models/${name}:predict`,
      (rows) => ({ instances: rows }),
    ),
  },
  { name: 'TF Serving, columns', takes: 'either', ask: askColumns },
  { name: 'MLflow, records', takes: 'either', ask: jsonRows(invoke, (rows) => ({ dataframe_records: rows })) },
  { name: 'MLflow, split', takes: 'either', ask: jsonRows(invoke, (rows, model) => ({ dataframe_split: split(rows, model) })) },
  { name: 'MLflow, CSV', takes: 'either', fits: hasOnlyScalars, ask: askCsv },
  { name: 'TorchServe', takes: 'one', ask: askTorchServe },
  { name: 'slipway/client', takes: 'either', ask: askClient },
  { name: 'slipway/embedded', takes: 'several', ask: askEmbedded },
  {
    name: 'slipway predict --row',
    takes: 'several',
    ask: (model, rows, places) => askCommand(model, ['--row', JSON.stringify(rows)], places),
  },
  {
    name: 'slipway predict --input',
    takes: 'several',
    ask: (model, rows, places) => askCommand(model, ['--input', '-'], places, linesOf(rows)),
  },
]

interface NativeRow {
  readonly output: Row
  readonly source: string
}

async function askNative({ name }: DescribedModel, rows: readonly Row[], { url }: Places): Promise<Answers> {
  return answersOf((ok(await send(`${url}/models/${name}/predict`, { body: { rows } })).json() as { rows: NativeRow[] }).rows)
}

async function askNativeOne({ name }: DescribedModel, [row]: readonly Row[], { url }: Places): Promise<Answers> {
  return answersOf([ok(await send(`${url}/models/${name}/predict`, { body: row })).json() as NativeRow])
}

async function askOipJson(model: DescribedModel, rows: readonly Row[], { url }: Places): Promise<Answers> {
  const inputs = tensorsOfRows(model, rows).map(({ spec: { name, datatype }, shape, elements }) => ({
    name,
    datatype,
    shape,
    data: elements,
  }))
  const reply = ok(await send(`${url}/v2/models/${model.name}/infer`, { body: { inputs } }))
  const answer = reply.json() as { parameters: Row; outputs: { name: string; data: unknown[] }[] }
  const tensors = new Map(answer.outputs.map(({ name, data }) => [name, data]))
  return { rows: rowsOfTensors(tensors, rows.length), sources: sourcesIn(answer.parameters['slipway_source']) }
}

async function askOipBinary(model: DescribedModel, rows: readonly Row[], { url }: Places): Promise<Answers> {
  const inputs = tensorsOfRows(model, rows).map(({ spec, shape, elements }) => ({
    name: spec.name,
    datatype: spec.datatype as Datatype,
    shape,
    data: elements as number[],
  }))
  const answer = await createClient({ url }).model(model.name).infer({ inputs, binary: true })
  const tensors = new Map(answer.outputs.map(({ name, data }) => [name, data as ArrayLike<unknown>]))
  return { rows: rowsOfTensors(tensors, rows.length), sources: sourcesIn(answer.parameters['slipway_source']) }
}

async function askGrpc(
  model: DescribedModel,
  rows: readonly Row[],
  { grpc, contents }: Places & { contents: 'raw' | 'typed' },
): Promise<Answers> {
  const tensors = tensorsOfRows(model, rows)
  const inputs = tensors.map(({ spec: { name, datatype }, shape, elements }) => ({
    name,
    datatype,
    shape: shape.map(BigInt),
    ...(contents === 'raw' ? {} : { contents: typedContents(datatype, elements) }),
  }))
  const rawInputContents =
    contents === 'typed'
      ? []
      : tensors.map(({ spec, shape, elements }) =>
          encodeRaw({ dtype: dtypeOf(spec.datatype)!, shape, data: arrayOf(spec.datatype, elements) }),
        )
  const { code, details, message } = await grpc.modelInfer({ modelName: model.name, inputs, rawInputContents })
  if (message === null) throw new Error(`${code}: ${details}`)
  const outputs = message.outputs.map(({ name, datatype, shape }, index) => {
    const tensor = decodeRaw(message.rawOutputContents[index]!, dtypeOf(datatype)!, shape.map(Number))
    return [name, tensor.data as ArrayLike<unknown>] as const
  })
  const source = message.parameters['slipway_source']?.parameterChoice.value
  return { rows: rowsOfTensors(new Map(outputs), rows.length), sources: sourcesIn(source) }
}

const arrays: Readonly<Record<string, (elements: never[]) => TensorData>> = {
  FP64: (elements) => Float64Array.from(elements),
  FP32: (elements) => Float32Array.from(elements),
  INT64: (elements) => BigInt64Array.from((elements as number[]).map(BigInt)),
  INT32: (elements) => Int32Array.from(elements),
  UINT8: (elements) => Uint8Array.from(elements),
  BOOL: (elements) => Uint8Array.from(elements, Number),
  BYTES: (elements) => elements,
}

function arrayOf(datatype: string, elements: unknown[]): TensorData {
  return arrays[datatype]!(elements as never[])
}

/** `InferTensorContents`: a field for each kind of element. */
function typedContents(datatype: string, elements: unknown[]): object {
  switch (datatype) {
    case 'FP64':
      return { fp64Contents: elements }
    case 'FP32':
      return { fp32Contents: elements }
    case 'INT64':
      return { int64Contents: (elements as number[]).map(BigInt) }
    case 'INT32':
      return { intContents: elements }
    case 'UINT8':
      return { uintContents: elements }
    case 'BOOL':
      return { boolContents: elements }
    default:
      return { bytesContents: (elements as string[]).map((text) => new TextEncoder().encode(text)) }
  }
}

/** A protocol that takes rows as JSON and gives `predictions`, with who answered in a header. */
function jsonRows(path: (model: DescribedModel) => string, body: (rows: readonly Row[], model: DescribedModel) => object): Surface['ask'] {
  return async (model, rows, { url }) => {
    const reply = ok(await send(url + path(model), { body: body(rows, model), headers: { 'content-type': 'application/json' } }))
    return predictionsOf(model, reply)
  }
}

function invoke({ name }: DescribedModel): string {
  return `/models/${name}/invoke`
}

function split(rows: readonly Row[], model: DescribedModel): object {
  const columns = columnsOf(rows, model)
  return { columns, data: rows.map((row) => columns.map((name) => row[name] ?? null)) }
}

function columnsOf(rows: readonly Row[], { inputs }: DescribedModel): string[] {
  return inputs.map(({ name }) => name).filter((name) => rows.some((row) => row[name] !== undefined))
}

async function askColumns(model: DescribedModel, rows: readonly Row[], { url }: Places): Promise<Answers> {
  const inputs = Object.fromEntries(columnsOf(rows, model).map((name) => [name, rows.map((row) => row[name] ?? null)]))
  const reply = ok(await send(`${url}/v1/models/${model.name}:predict`, { body: { inputs } }))
  const { outputs } = reply.json() as { outputs: Record<string, unknown[]> | unknown[] }
  const columns = Array.isArray(outputs) ? { [model.outputs[0]!.name]: outputs } : outputs
  const tensors = new Map(Object.entries(columns).map(([name, column]) => [name, flatten(column)]))
  return { rows: rowsOfTensors(tensors, rows.length), sources: sourcesIn(reply.headers['slipway-source']) }
}

async function askCsv(model: DescribedModel, rows: readonly Row[], { url }: Places): Promise<Answers> {
  const columns = columnsOf(rows, model)
  const cell = (value: unknown): string => (value === undefined ? '' : `"${`${value as string | number | boolean}`.replaceAll('"', '""')}"`)
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name]))].map((line) => line.map(cell).join(','))
  const reply = ok(await send(url + invoke(model), { body: `${lines.join('\n')}\n`, headers: { 'content-type': 'text/csv' } }))
  return predictionsOf(model, reply)
}

async function askTorchServe(model: DescribedModel, [row]: readonly Row[], { url }: Places): Promise<Answers> {
  const reply = ok(await send(`${url}/predictions/${model.name}`, { body: row, headers: { 'content-type': 'application/json' } }))
  return { rows: [named(model, reply.json())], sources: sourcesIn(reply.headers['slipway-source']) }
}

async function askClient({ name }: DescribedModel, rows: readonly Row[], { url }: Places): Promise<Answers> {
  return answersOf((await createClient({ url }).model(name).predict(rows)) as readonly NativeRow[])
}

async function askEmbedded({ name }: DescribedModel, rows: readonly Row[], { state }: Places): Promise<Answers> {
  const model = await open(name, { state })
  try {
    return answersOf((await model.predictMany(rows as never)) as unknown as readonly NativeRow[])
  } finally {
    await model.close()
  }
}

async function askCommand({ name }: DescribedModel, args: readonly string[], { state }: Places, input = ''): Promise<Answers> {
  const { code, stdout, stderr } = await slipway(['predict', name, ...args, '--state', state], { input })
  if (code !== 0) throw new Error(`slipway predict ended with ${code}: ${stdout}${stderr}`)
  return answersOf(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as NativeRow),
  )
}

function answersOf(rows: readonly NativeRow[]): Answers {
  return { rows: rows.map(({ output }) => output), sources: rows.map(({ source }) => source) }
}

function predictionsOf(model: DescribedModel, reply: HttpReply): Answers {
  const { predictions } = reply.json() as { predictions: unknown[] }
  return { rows: predictions.map((item) => named(model, item)), sources: sourcesIn(reply.headers['slipway-source']) }
}

/** Whether each value of the rows is one number, text or truth value: all that CSV has words for. */
export function hasOnlyScalars({ rows }: ParityModel): boolean {
  return rows.every((row) => Object.values(row).every((value) => typeof value !== 'object'))
}

/** The rows as JSON lines. */
export function linesOf(rows: readonly Row[]): string {
  return rows.map((row) => JSON.stringify(row)).join('\n')
}

/** Protocols that drop the name of an only output give its value alone. */
function named({ outputs }: DescribedModel, item: unknown): Row {
  const isRow = typeof item === 'object' && item !== null && !Array.isArray(item)
  return isRow ? (item as Row) : { [outputs[0]!.name]: item }
}

function sourcesIn(text: unknown): readonly string[] {
  return typeof text === 'string' ? text.split(',') : ['(not told)']
}

/** The reply, which must be 200. */
export function ok(reply: HttpReply): HttpReply {
  if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.text}`)
  return reply
}
