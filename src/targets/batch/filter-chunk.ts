import type { Columns } from '../../core/frame.js'
import { selectRows } from '../../core/frame-ops.js'
import type { SourceChunk } from '../../core/table.js'

/** The rows of a chunk that a filter leaves, with the numbers that they have in the partition. */
export interface FilteredChunk {
  readonly input: SourceChunk['input']
  readonly carry: Columns
  readonly rowNumbers: Uint32Array
  /** Position in the chunk of each row; null when none was left out. */
  readonly kept: Uint32Array | null
  readonly filtered: number
}

/** `rows`: those to keep; null for all. */
export function filterChunk(chunk: SourceChunk, rows: Uint32Array | null): FilteredChunk {
  const { input, carry, firstRow } = chunk
  const length = input.frame.length
  const numbers = chunk.rowNumbers ?? numbersFrom(firstRow, length)
  if (rows === null || rows.length === length) return { input, carry, rowNumbers: numbers, kept: null, filtered: 0 }
  const at = new Map(Array.from(rows, (row, i) => [row, i]))
  const issues = input.issues.flatMap((issue) => {
    const row = at.get(issue.row)
    return row === undefined ? [] : [{ ...issue, row }]
  })
  return {
    input: { frame: selectRows(input.frame, rows), issues },
    carry: selectRows({ length, columns: carry }, rows).columns,
    rowNumbers: rows.map((row) => numbers[row]!),
    kept: rows,
    filtered: length - rows.length,
  }
}

function numbersFrom(first: number, length: number): Uint32Array {
  const numbers = new Uint32Array(length)
  for (let i = 0; i < length; i++) numbers[i] = first + i
  return numbers
}
