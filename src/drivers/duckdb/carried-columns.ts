import { allocate } from '../../core/dtype.js'
import { viewElements } from '../../core/element-buffer.js'
import type { Column, Columns } from '../../core/frame.js'
import { columnsOf } from '../../core/frame-ops.js'
import { placeholder } from '../../core/placeholder.js'
import type { CarriedColumn } from './carry-plan.js'
import type { Cells } from './cells.js'
import type { Piece } from './input-columns.js'

/** Collects the carried columns of a chunk. */
export class CarriedColumns {
  readonly #columns: readonly { readonly plan: CarriedColumn; readonly data: Column['data']; readonly valid: Uint8Array }[]
  /** Columns with an absent row since the last reset. */
  readonly #gaps = new Set<number>()
  #length = 0

  constructor(plans: readonly CarriedColumn[], rows: number) {
    this.#columns = plans.map((plan) => ({ plan, data: allocate(plan.dtype, rows), valid: new Uint8Array(rows).fill(1) }))
  }

  append(cells: readonly Cells[], piece: Piece): void {
    for (const [i, { plan, data, valid }] of this.#columns.entries()) {
      copyValues(cells[i]!, data, piece)
      if (blankAbsent(cells[i]!, { data, valid, blank: placeholder(plan.dtype) }, piece)) this.#gaps.add(i)
    }
    this.#length = piece.at + piece.count
  }

  /** The rows so far; views that hold until `reset`. */
  build(): Columns {
    const length = this.#length
    return columnsOf(
      this.#columns.map(({ plan, data, valid }, i) => [
        plan.name,
        {
          dtype: plan.dtype,
          shape: [],
          data: viewElements(data, 0, length),
          validity: this.#gaps.has(i) ? valid.subarray(0, length) : null,
        },
      ]),
    )
  }

  reset(): void {
    for (const i of this.#gaps) this.#columns[i]!.valid.fill(1)
    this.#gaps.clear()
    this.#length = 0
  }
}

function copyValues(cells: Cells, data: Column['data'], { start, count, at }: Piece): void {
  if (Array.isArray(data)) for (let i = 0; i < count; i++) data[at + i] = cells.value(start + i)
  else (data as Uint8Array).set(cells.items!.subarray(start, start + count) as Uint8Array, at)
}

interface Target {
  readonly data: Column['data']
  readonly valid: Uint8Array
  readonly blank: unknown
}

function blankAbsent(cells: Cells, { data, valid, blank }: Target, { start, count, at }: Piece): boolean {
  if (cells.valid === null) return false
  let absent = false
  for (let i = 0; i < count; i++) {
    if (cells.valid[start + i] === 1) continue
    ;(data as unknown[])[at + i] = blank
    valid[at + i] = 0
    absent = true
  }
  return absent
}
