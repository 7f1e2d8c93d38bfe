import { SlipwayError } from '../../core/errors.js'
import { createJsonReader, endOfObject, type JsonReader } from '../../core/json-reader.js'
import { keyTable, type KeyTable } from '../../core/key-table.js'
import type { ReadPlan } from '../../core/table.js'
import { CarriedColumn } from './carried-column.js'

/** Keys of an object: those of the inputs in the order of the signature, then those that are carried and no input. */
export interface MappedColumns {
  /** Null where the keys are the names of the inputs and nothing is carried: the frame builder then needs no help. */
  readonly table: KeyTable | null
  readonly inputs: number
  readonly carried: readonly CarriedColumn[]
  /** Position in `carried` by position in the table; -1 where a key is only an input. */
  readonly carriedAt: Int32Array
}

const nonFinite = { nonFinite: true } as const

/** What a plan wants of each object. SOURCE_SCHEMA where two inputs are mapped to one key. */
export function mappedColumns(plan: ReadPlan): MappedColumns {
  const inputs = Object.keys(plan.fields)
  const keys = inputs.map((name) => (Object.hasOwn(plan.columnOf, name) ? plan.columnOf[name]! : name))
  const twice = keys.find((key, i) => keys.indexOf(key) < i)
  if (twice !== undefined) throw new SlipwayError('SOURCE_SCHEMA', `two inputs are to be read from ${JSON.stringify(twice)}`)
  const carried = plan.carry.map(
    (name) => new CarriedColumn(name, Object.hasOwn(plan.types, name) ? plan.types[name]! : 'json', plan.chunkRows),
  )
  const all = [...new Set([...keys, ...plan.carry])]
  const plain = carried.length === 0 && keys.every((key, i) => key === inputs[i])
  return {
    table: plain ? null : keyTable(all),
    inputs: keys.length,
    carried,
    carriedAt: Int32Array.from(all, (name) => plan.carry.indexOf(name)),
  }
}

/** A reader of JSON that shows the frame builder keys under the names of its inputs, and keeps carried values aside on the way. */
export class MappedReader {
  readonly json: JsonReader
  readonly bytes: Uint8Array
  /** Carried columns whose value did not fit, of the object read last. */
  misfits: string[] = []
  readonly #columns: MappedColumns
  /** By carried column: the row that it was given last. */
  readonly #given: Int32Array
  #row = 0

  constructor(bytes: Uint8Array, columns: MappedColumns) {
    // The limit on elements is that of one document; lines have their own on bytes.
    this.json = createJsonReader(bytes, { elements: Number.MAX_SAFE_INTEGER })
    this.bytes = bytes
    this.#columns = columns
    this.#given = new Int32Array(columns.carried.length).fill(-1)
    const { table } = columns
    if (table !== null) {
      const keyIndex = this.json.keyIndex.bind(this.json)
      this.json.keyIndex = (_, hint) => this.#keyIndex(keyIndex, table, hint)
    }
  }

  /** Goes to the object of row `row`. */
  start(position: number, row: number): void {
    this.json.seek(position)
    this.#row = row
    if (this.misfits.length > 0) this.misfits = []
    this.#given.fill(-1)
  }

  /** The carried columns that the object lacks are absent; true when some value did not fit. */
  finish(row: number): boolean {
    const { carried } = this.#columns
    for (let i = 0; i < carried.length; i++) if (this.#given[i] !== row) carried[i]!.put(row, null)
    return this.misfits.length > 0
  }

  #keyIndex(inner: JsonReader['keyIndex'], table: KeyTable, hint?: number): number {
    const { inputs, carriedAt, carried } = this.#columns
    for (let next = hint; ;) {
      const index = inner(table, next)
      if (index === endOfObject || index < 0) return index
      const at = carriedAt[index]!
      if (at >= 0) {
        const position = this.json.position
        this.#keep(carried[at]!, at)
        if (index < inputs) this.json.seek(position)
      }
      if (index < inputs) return index
      next = index + 1
    }
  }

  #keep(column: CarriedColumn, at: number): void {
    const twice = this.#given[at] === this.#row
    this.#given[at] = this.#row
    const value = this.#value()
    if (
      (!column.put(this.#row, value === undefined ? null : value) || value === undefined || twice) &&
      !this.misfits.includes(column.name)
    ) {
      this.misfits.push(column.name)
    }
  }

  /** The value that stands next, whole numbers exactly; undefined for one that is none (a key twice, a number beyond double). */
  #value(): unknown {
    const { json } = this
    const byte = json.peekByte()
    if (byte === 45 || (byte ^ 48) <= 9) {
      const { position } = json
      const whole = json.integer(nonFinite)
      if (whole !== null) return json.overflowed ? undefined : whole
      json.seek(position)
      const value = json.number(nonFinite)
      return json.overflowed ? undefined : value
    }
    try {
      return json.value(nonFinite)
    } catch (thrown) {
      if (thrown instanceof SlipwayError && (thrown.code === 'INPUT_DUPLICATE' || thrown.code === 'INPUT_RANGE')) return undefined
      throw thrown
    }
  }
}
