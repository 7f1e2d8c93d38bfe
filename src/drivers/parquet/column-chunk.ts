import { SlipwayError } from '../../core/errors.js'
import type { Column } from '../../core/frame.js'
import { elementCount } from '../../core/tensor.js'
import type { OutputColumn, RepeatedTexts } from '../../core/table.js'
import { BooleanValues } from './boolean-values.js'
import { encodeChunk } from './encode-chunk.js'
import type { EncodedChunk } from './encode-chunk.js'
import { entryLevels } from './entry-levels.js'
import { FixedValues } from './fixed-values.js'
import { presenceOf } from './presence.js'
import { RunStore } from './run-store.js'
import { isTime, leafOf } from './schema.js'
import type { Leaf } from './schema.js'
import { TextValues } from './text-values.js'
import type { ValueStore } from './value-store.js'

/** Collects one column of a row group, row after row: its values and its levels. */
export class ColumnChunk {
  readonly #leaf: Leaf
  readonly #values: ValueStore
  readonly #repetition = new RunStore(8)
  readonly #definition = new RunStore(8)

  constructor(column: OutputColumn) {
    this.#leaf = leafOf(column)
    this.#values = storeOf(this.#leaf)
  }

  /** Bytes that are collected, about. */
  get bytes(): number {
    return this.#values.bytes
  }

  /** Adds rows `start` to `end`; the column may change after that. */
  append(column: Column | RepeatedTexts, start: number, end: number): void {
    const { column: spec } = this.#leaf
    const present = presenceOf(spec, column, start, end)
    if ('indices' in column) {
      if (!(this.#values instanceof TextValues)) throw new SlipwayError('INTERNAL', `texts in the column \`${spec.name}\`, which has none`)
      this.#mark(present, end - start)
      this.#values.appendRepeated(column, start, end, present)
    } else if (spec.shape.length === 0) {
      this.#mark(present, end - start)
      this.#values.append(column, start, end, present)
    } else this.#appendTensors(column, start, end, present)
  }

  /** The chunk as it is written at `offset` of the file; begins anew. */
  take(offset: number): EncodedChunk {
    const chunk = encodeChunk(
      this.#leaf,
      { values: this.#values.take(), repetition: this.#repetition, definition: this.#definition },
      offset,
    )
    this.#repetition.clear()
    this.#definition.clear()
    return chunk
  }

  #mark(present: Uint8Array | null, count: number): void {
    if (present === null) this.#definition.appendRun(this.#leaf.maxDefinition, count)
    else this.#definition.append(present)
  }

  #appendTensors(column: Column, start: number, end: number, present: Uint8Array | null): void {
    if (present === null) {
      this.#appendWhole(column, start, end)
      return
    }
    for (let from = 0; from < present.length;) {
      let to = from + 1
      while (present[to] === present[from]) to++
      if (present[from] === 1) this.#appendWhole(column, start + from, start + to)
      else {
        this.#repetition.appendRun(0, to - from)
        this.#definition.appendRun(0, to - from)
      }
      from = to
    }
  }

  /** Adds tensors of consecutive rows that all have one. */
  #appendWhole(column: Column, start: number, end: number): void {
    const size = elementCount(column.shape)
    const { repetition, definition } = entryLevels(column.shape)
    this.#repetition.appendTimes(repetition, end - start)
    const elements = column.dtype === 'object' ? presentElements(column, start * size, end * size) : null
    if (elements === null) this.#definition.appendRun(definition, repetition.length * (end - start))
    else this.#definition.append(elements.map((is) => definition - 1 + is))
    this.#values.append(column, start * size, end * size, elements)
  }
}

function storeOf(leaf: Leaf): ValueStore {
  switch (leaf.physical) {
    case 'boolean':
      return new BooleanValues()
    case 'text':
      return new TextValues()
    default:
      return new FixedValues(leaf, leaf.physical, isTime(leaf.column))
  }
}

/** Values inside a tensor may be null; null when none is. */
function presentElements({ data }: Column, start: number, end: number): Uint8Array | null {
  const elements = Uint8Array.from((data as readonly unknown[]).slice(start, end), (value) => (value === null ? 0 : 1))
  return elements.includes(0) ? elements : null
}
