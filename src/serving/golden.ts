import { isBigInt, isFloat } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import type { Column, ColumnType } from '../core/frame.js'
import type { Prediction } from '../core/prediction.js'
import { elementCount } from '../core/tensor.js'
import type { Predictor } from '../model/predictor.js'
import { fromGoldenJson, toGoldenJson } from './golden-values.js'

/** Rows and what the model answered to them when the version was admitted; JSON throughout. */
export interface Golden {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly outputs: readonly Readonly<Record<string, unknown>>[]
}

/** Other processors round float32 sums in another order; more than this apart is another model. */
const relative = 1e-4
const absolute = 1e-5

/** Runs the rows and records what the model answers. Rows that the model itself did not answer are left out. */
export async function recordGolden(predictor: Predictor, rows: readonly Readonly<Record<string, unknown>>[]): Promise<Golden> {
  if (rows.length === 0) return { rows: [], outputs: [] }
  const prediction = await predictRows(predictor, rows)
  const kept = rows.flatMap((row, i) => (isModels(prediction, i) ? [{ row, outputs: outputsOf(prediction, i) }] : []))
  return { rows: kept.map(({ row }) => mapValues(row, toGoldenJson)), outputs: kept.map(({ outputs }) => outputs) }
}

/** Runs the recorded rows again; GOLDEN_MISMATCH when an answer differs. Null stands for a version without golden examples. */
export async function checkGolden(predictor: Predictor, recorded: unknown, options: { readonly deadlineAt?: number } = {}): Promise<void> {
  const golden = readGolden(recorded)
  if (golden.rows.length === 0) return
  const prediction = await predictRows(predictor, goldenRows(golden), options)
  for (const [row, expected] of golden.outputs.entries()) {
    if (!isModels(prediction, row))
      throw mismatch(row, `the model did not answer: ${prediction.issues?.get(row)?.[0]?.message ?? 'no reason given'}`)
    for (const [name, value] of Object.entries(expected)) compare(prediction, { row, name, expected: fromGoldenJson(value) })
  }
}

/** The rows as the predictor takes them. */
export function goldenRows(recorded: unknown): readonly Readonly<Record<string, unknown>>[] {
  return readGolden(recorded).rows.map((row) => mapValues(row, fromGoldenJson))
}

/** Predicts rows given as plain objects. */
export async function predictRows(
  predictor: Predictor,
  rows: readonly object[],
  options: { readonly deadlineAt?: number } = {},
): Promise<Prediction> {
  const builder = predictor.createBuilder()
  for (const row of rows) builder.appendRow(row)
  return await predictor.predict(builder.build(), options)
}

/** Whether the model itself answered the row. */
export function isModels(prediction: Prediction, row: number): boolean {
  return prediction.sourceNames[prediction.sources[row] ?? 0] === 'model'
}

function readGolden(recorded: unknown): Golden {
  const { rows, outputs } = (recorded ?? { rows: [], outputs: [] }) as Partial<Golden>
  if (Array.isArray(rows) && Array.isArray(outputs) && rows.length === outputs.length) return { rows, outputs }
  throw new SlipwayError('GOLDEN_MISMATCH', 'the golden examples of the version are not a list of rows and a list of outputs, equally long')
}

function outputsOf(prediction: Prediction, row: number): Record<string, unknown> {
  return mapValues(prediction.frame.columns, (column) => toGoldenJson(elementsOf(column as Column, row)))
}

/** The element of a scalar column, the flat elements of a tensor; null where the row has none. */
function elementsOf(column: Column, row: number): unknown {
  if (column.validity?.[row] === 0) return null
  if (column.shape.length === 0) return column.data[row]
  const size = elementCount(column.shape)
  return Array.from(column.data.slice(row * size, (row + 1) * size) as ArrayLike<unknown>)
}

function compare(
  prediction: Prediction,
  { row, name, expected }: { readonly row: number; readonly name: string; readonly expected: unknown },
): void {
  const column = prediction.frame.columns[name]
  if (column === undefined) throw mismatch(row, `there is no output \`${name}\``)
  const received = elementsOf(column, row)
  const equal = equality(column.dtype)
  const [a, b] = [expected, received].map((value) => (Array.isArray(value) ? (value as unknown[]) : [value])) as [unknown[], unknown[]]
  const at = a.length === b.length ? a.findIndex((value, i) => !equal(value, b[i])) : 0
  if (at !== -1) throw mismatch(row, `expected ${String(a[at])} for output \`${name}\`, received ${String(b[at])}`)
}

/** How two elements of a column are compared; an absent one equals only an absent one. */
function equality(dtype: ColumnType): (expected: unknown, received: unknown) => boolean {
  if (dtype === 'object' || !(isFloat(dtype) || isBigInt(dtype))) return (a, b) => String(a) === String(b)
  const close = isFloat(dtype) ? isClose : (a: unknown, b: unknown) => String(a) === String(b)
  return (a, b) => (a === null || b === null ? a === b : close(a, b))
}

function isClose(expected: unknown, received: unknown): boolean {
  if (Object.is(expected, received)) return true
  return Math.abs(Number(expected) - Number(received)) <= absolute + relative * Math.abs(Number(expected))
}

function mismatch(row: number, what: string): SlipwayError {
  return new SlipwayError('GOLDEN_MISMATCH', `golden example ${row}: ${what}`)
}

function mapValues(record: Readonly<Record<string, unknown>>, map: (value: unknown) => unknown): Record<string, unknown> {
  const mapped: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(record)) mapped[name] = map(value)
  return mapped
}
