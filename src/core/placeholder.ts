import { allocate } from './dtype.js'
import type { Column, ColumnType } from './frame.js'

/** What an absent row holds: NaN in floats, 0, false, the empty text, null in `object` columns. */
export function placeholder(dtype: ColumnType): number | bigint | string | null {
  switch (dtype) {
    case 'float32':
    case 'float64':
      return Number.NaN
    case 'float16':
      return 0x7e00
    case 'bfloat16':
      return 0x7fc0
    case 'int64':
    case 'uint64':
      return 0n
    case 'string':
      return ''
    case 'object':
      return null
    default:
      return 0
  }
}

/** Data of absent rows alone. */
export function placeholders(dtype: ColumnType, length: number): Column['data'] {
  if (dtype === 'object') return Array.from({ length }, () => null)
  const data = allocate(dtype, length)
  ;(data as unknown[]).fill(placeholder(dtype))
  return data
}
