import type { Columns } from '../../src/core/frame.js'

/** The rows of columns as plain objects; null where a value is absent. Elements of tensors as lists. */
export function frameRows(columns: Columns, length: number): Record<string, unknown>[] {
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, { data, shape, validity }]) => {
        const size = shape.reduce((product, count) => product * count, 1)
        const values = Array.from(data as ArrayLike<unknown>).slice(row * size, (row + 1) * size)
        return [name, validity?.[row] === 0 ? null : shape.length === 0 ? values[0] : values]
      }),
    ),
  )
}
