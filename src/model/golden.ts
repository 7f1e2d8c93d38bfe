import type { Field, Fields } from '../core/field.js'
import { bfloat16ToNumber, float16ToNumber } from '../core/half.js'
import { showValue } from '../guardrails/show-value.js'
import { predictRows } from './answer.js'
import type { JsonValue } from './json-values.js'
import { decodeValue, encodeValue } from './json-values.js'
import type { Predictor } from './predictor.js'

/** Rows with the answers that a version gave when it was made: plain JSON that holds bigints, tensors and NaN exactly. */
export interface Golden {
  readonly rows: readonly JsonValue[]
  /** By row; null where the row was refused. */
  readonly outputs: readonly JsonValue[]
  /** By row: `model`, `fallback:<name>`, `none`. */
  readonly sources: readonly string[]
}

/** An answer that is not the recorded one. */
export interface GoldenFinding {
  readonly row: number
  /** The output that differs; null where the source does. */
  readonly field: string | null
  readonly message: string
}

export interface GoldenOptions {
  /** Numbers may differ by so much, relative to their size where that is above 1; 1e-5 when left out. */
  readonly tolerance?: number
}

/** What is asked here is whether the model is the same, not whether the machine is quick. */
const checking = { ignoreDeadline: true } as const

/** Asks for the rows and keeps the answers. */
export async function recordGolden(predictor: Predictor, rows: readonly unknown[]): Promise<Golden> {
  const answers = await predictRows(predictor, rows as never, checking)
  return {
    rows: rows.map((row) => encodeValue(row)),
    outputs: answers.map((answer) => encodeValue(answer.output)),
    sources: answers.map((answer) => answer.source),
  }
}

/** Asks for the recorded rows again; empty when the answers are those of the record. */
export async function checkGolden(
  predictor: Predictor,
  golden: Golden,
  { tolerance = 1e-5 }: GoldenOptions = {},
): Promise<GoldenFinding[]> {
  const answers = await predictRows(predictor, golden.rows.map((row) => decodeValue(row)) as never, checking)
  const { output } = predictor.definition
  return answers.flatMap((answer, row): GoldenFinding[] => {
    const source = golden.sources[row]!
    if (answer.source !== source) {
      const why = answer.error === undefined ? '' : ` (${answer.error.code}: ${answer.error.message})`
      return [
        {
          row,
          field: null,
          message: `row ${row}: expected an answer from ${source}, received one from ${answer.source}${why}`,
        },
      ]
    }
    if (answer.output === null) return []
    return differences(output, decodeValue(golden.outputs[row]!) as Row, answer.output as Row, tolerance).map(({ field, message }) => ({
      row,
      field,
      message: `row ${row}, output \`${field}\`: ${message}`,
    }))
  })
}

type Row = Readonly<Record<string, unknown>>

function differences(fields: Fields, expected: Row, received: Row, tolerance: number): { field: string; message: string }[] {
  return Object.keys(fields).flatMap((field) => {
    const message = difference(fields[field]!, expected[field], received[field], tolerance)
    return message === null ? [] : [{ field, message }]
  })
}

function difference(field: Field, expected: unknown, received: unknown, tolerance: number): string | null {
  const [wanted, given] = [expected, received].map((value) => flatten(value, field.dtype)) as [unknown[], unknown[]]
  if (wanted.length !== given.length) return `expected ${wanted.length} elements, received ${given.length}`
  const index = wanted.findIndex((value, i) => !close(value, given[i], tolerance))
  if (index < 0) return null
  const place = wanted.length === 1 ? '' : ` at element ${index}`
  return `expected ${showValue(wanted[index])}, received ${showValue(given[index])}${place}, tolerance ${tolerance}`
}

/** Elements one after another; half floats as numbers. */
function flatten(value: unknown, dtype: Field['dtype']): unknown[] {
  if (dtype === 'float16' && value instanceof Uint16Array) return Array.from(value, float16ToNumber)
  if (dtype === 'bfloat16' && value instanceof Uint16Array) return Array.from(value, bfloat16ToNumber)
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array)
  return Array.isArray(value) ? value.flatMap((item) => flatten(item, dtype)) : [value]
}

function close(a: unknown, b: unknown, tolerance: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    if (Object.is(a, b) || a === b) return true
    return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b))
  }
  return a === b || (typeof a === 'object' && JSON.stringify(encodeValue(a)) === JSON.stringify(encodeValue(b)))
}
