import type { DescribedModel, Row, TensorSpec } from './models.js'

/** An answer in one form, whatever surface it came from: each output as a flat list, float32 numbers as what their bits say. */
export type CanonicalRow = Readonly<Record<string, readonly unknown[]>>

/** An output row of any surface in canonical form. */
export function canonicalRow({ outputs }: DescribedModel, row: Row): CanonicalRow {
  return Object.fromEntries(outputs.map((spec) => [spec.name, flatten(row[spec.name]).map((element) => canonicalElement(element, spec))]))
}

/** Tensors of an answer, one a name, as output rows. */
export function rowsOfTensors(tensors: ReadonlyMap<string, ArrayLike<unknown>>, count: number): Row[] {
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      [...tensors].map(([name, data]) => {
        const width = data.length / count
        return [name, Array.from(data).slice(row * width, (row + 1) * width)]
      }),
    ),
  )
}

/**
 * The rows as tensors. An input that no row has is left out; where some rows have it, NaN stands for the others, which only floats allow.
 */
export function tensorsOfRows(
  { inputs }: DescribedModel,
  rows: readonly Row[],
): { spec: TensorSpec; shape: number[]; elements: unknown[] }[] {
  const present = inputs.filter(({ name }) => rows.some((row) => row[name] !== undefined))
  return present.map((spec) => {
    const shape = [rows.length, ...spec.shape.slice(1)]
    const elements = rows.flatMap((row) => (row[spec.name] === undefined ? [Number.NaN] : flatten(row[spec.name])))
    return { spec, shape, elements }
  })
}

/** How far apart two outputs are: the largest difference of their numbers, infinity where anything else differs. */
export function difference(expected: readonly unknown[], received: readonly unknown[]): number {
  if (expected.length !== received.length) return Infinity
  const each = expected.map((element, at) => {
    const other = received[at]
    if (typeof element === 'number' && typeof other === 'number') return Math.abs(element - other)
    return element === other ? 0 : Infinity
  })
  return Math.max(...each)
}

/** Elements one after another. */
export function flatten(value: unknown): unknown[] {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>)
  return Array.isArray(value) ? value.flatMap(flatten) : [value]
}

/** JSON has float32 numbers in their shortest text, which is another double. */
function canonicalElement(element: unknown, { datatype }: TensorSpec): unknown {
  if (typeof element === 'bigint') return Number(element)
  return datatype === 'FP32' && typeof element === 'number' ? Math.fround(element) : element
}
