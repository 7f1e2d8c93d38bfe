import { SlipwayError } from '../core/errors.js'
import { type Budget, overLimit } from './limits.js'
import { type MessageShape, unknownShape } from './message-shapes.js'

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

/** What an unknown field may be: groups, which nothing has written for twenty years, are left out. */
const anyWire = (1 << VARINT) | (1 << FIXED64) | (1 << BYTES) | (1 << FIXED32)

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One message in the file. */
interface Message {
  readonly start: number
  readonly end: number
  readonly shape: MessageShape
  readonly parent: WireReader | null
  readonly label: string
}

/**
 * Walks the fields of one protobuf message without copying (https://protobuf.dev/programming-guides/encoding/).
 * Stricter than protobuf where two readers could see two different models in the same bytes: a field of an unexpected wire type,
 * a single field given twice, groups and invalid UTF-8 are refused, so that what the gate checks is what the engine runs.
 */
export class WireReader {
  /** Number of the field that `next` moved to. */
  field = 0
  /** Where this message starts and ends in the file. */
  readonly start: number
  readonly end: number
  readonly depth: number
  /** Where the field that `next` moved to starts, tag included. */
  fieldStart = 0

  readonly #bytes: Uint8Array
  readonly #budget: Budget
  readonly #parent: WireReader | null
  readonly #label: string
  readonly #shape: MessageShape
  #position: number
  #wire = 0
  #pending = false
  #seen = 0
  #high = 0

  private constructor(bytes: Uint8Array, budget: Budget, message: Message) {
    this.#bytes = bytes
    this.#budget = budget
    this.#shape = message.shape
    this.#parent = message.parent
    this.#label = message.label
    this.start = message.start
    this.end = message.end
    this.depth = message.parent === null ? 1 : message.parent.depth + 1
    this.#position = message.start
    if (this.depth > budget.limits.depth) throw overLimit('depth', budget.limits.depth, this.place())
  }

  /** A reader over a whole file; `budget` is shared by every message inside it. */
  static over(bytes: Uint8Array, shape: MessageShape, budget: Budget): WireReader {
    if (bytes.length > budget.limits.sizeBytes) throw overLimit('sizeBytes', budget.limits.sizeBytes, `with ${bytes.length} bytes`)
    return new WireReader(bytes, budget, { start: 0, end: bytes.length, shape, parent: null, label: '' })
  }

  /** Moves to the next field, over the value of the last one if nobody read it; false at the end of the message. */
  next(): boolean {
    if (this.#pending) this.#skip()
    if (this.#position >= this.end) return false
    this.#budget.countField()
    this.fieldStart = this.#position
    const tag = this.#varint()
    if (this.#high !== 0 || tag < 8 || tag > 0xff_ff_ff_ff) this.fail('an invalid field tag')
    this.field = tag >>> 3
    this.#wire = tag & 7
    const allowed = this.#shape.wires[this.field] ?? 0
    if (((allowed === 0 ? anyWire : allowed) & (1 << this.#wire)) === 0) this.fail(`field ${this.field} with wire type ${this.#wire}`)
    this.#pending = true
    return true
  }

  /** Where the field that `next` moved to ends; reads over its value. */
  fieldEnd(): number {
    if (this.#pending) this.#skip()
    return this.#position
  }

  /** Refuses a second occurrence of the current field in this message. */
  once(): this {
    const bit = 1 << (this.field & 31)
    if ((this.#seen & bit) !== 0) this.fail(`field ${this.field} given twice`)
    this.#seen |= bit
    return this
  }

  /** A signed 64-bit varint that a number can hold; ARTIFACT_LIMIT beyond 2^53. */
  integer(): number {
    this.#take(VARINT)
    return this.#integer()
  }

  /** A signed 64-bit varint. */
  int64(): bigint {
    this.#take(VARINT)
    return this.#int64()
  }

  /** The value bytes: a view, not a copy. */
  bytes(): Uint8Array {
    const end = this.#length()
    const view = this.#bytes.subarray(this.#position, end)
    this.#position = end
    return view
  }

  /** Number of value bytes, without reading them. */
  byteLength(): number {
    const end = this.#length()
    const size = end - this.#position
    this.#position = end
    return size
  }

  string(): string {
    const value = this.bytes()
    const limit = this.#budget.limits.stringBytes
    if (value.length > limit) throw overLimit('stringBytes', limit, this.place())
    try {
      return utf8.decode(value)
    } catch (cause) {
      return this.fail('a text that is not UTF-8', cause)
    }
  }

  /** A reader over the value, which is a message; `label` names it in errors. */
  message(label: string): WireReader {
    const shape = this.#shape.children.get(this.field) ?? unknownShape
    const end = this.#length()
    const start = this.#position
    this.#position = end
    return new WireReader(this.#bytes, this.#budget, { start, end, shape, parent: this, label })
  }

  /** The same message from its start again. */
  again(): WireReader {
    return new WireReader(this.#bytes, this.#budget, {
      start: this.start,
      end: this.end,
      shape: this.#shape,
      parent: this.#parent,
      label: this.#label,
    })
  }

  /** Calls `each` for every element of a repeated varint, packed or not. */
  eachInt64(each: (value: bigint) => void): void {
    if (this.#wire === VARINT) return each(this.int64())
    const end = this.#length()
    while (this.#position < end) each(this.#int64())
    if (this.#position !== end) this.fail('a packed list that runs past its end')
  }

  fail(what: string, cause?: unknown): never {
    const options = cause === undefined ? {} : { cause }
    throw new SlipwayError('ARTIFACT_INVALID', `not a readable ONNX model: ${what} ${this.place()}`, options)
  }

  /** `at byte 120 (graph.node[3])`. */
  place(): string {
    const path = this.#path()
    return `at byte ${this.#position}${path === '' ? '' : ` (${path})`}`
  }

  #path(): string {
    const parent = this.#parent === null ? '' : this.#parent.#path()
    return parent === '' ? this.#label : `${parent}.${this.#label}`
  }

  #take(wire: number): void {
    if (this.#wire !== wire) this.fail(`field ${this.field} with wire type ${this.#wire} instead of ${wire}`)
    this.#pending = false
  }

  #skip(): void {
    const child = this.#wire === BYTES ? this.#shape.children.get(this.field) : undefined
    if (child !== undefined) return this.#walk(child)
    this.#pending = false
    if (this.#wire === VARINT) this.#varint()
    else if (this.#wire === BYTES) this.#position = this.#length()
    else this.#advance(this.#wire === FIXED64 ? 8 : 4)
  }

  /** Goes through a message that nobody reads, so that damage anywhere in the file is found here and not by the engine. */
  #walk(shape: MessageShape): void {
    const reader = this.message(shape.name)
    while (reader.next());
  }

  #advance(size: number): void {
    if (size > this.end - this.#position) this.fail('a value that runs past its end')
    this.#position += size
  }

  /** Reads a length and returns where the value ends. */
  #length(): number {
    this.#take(BYTES)
    const length = this.#varint()
    if (this.#high !== 0 || length > this.end - this.#position) this.fail(`a length of ${length} that runs past its end`)
    return this.#position + length
  }

  /** The low 49 bits of a varint as a number; the top 15 bits go to `#high`, so that neither loses a bit. */
  #varint(): number {
    this.#high = 0
    let value = 0
    let scale = 1
    for (let index = 0; index < 10; index++) {
      if (this.#position >= this.end) this.fail('a number that runs past its end')
      const byte = this.#bytes[this.#position++]!
      if (index < 7) {
        value += (byte & 0x7f) * scale
        scale *= 128
      } else if (index === 9 && byte > 1) break
      else this.#high |= (byte & 0x7f) << ((index - 7) * 7)
      if (byte < 0x80) return value
    }
    return this.fail('a number of more than 64 bits')
  }

  #integer(): number {
    const low = this.#varint()
    if (this.#high === 0) return low
    const value = Number(this.#signed(low))
    if (!Number.isSafeInteger(value)) {
      throw new SlipwayError('ARTIFACT_LIMIT', `a number beyond 2^53 in the ONNX file ${this.place()}`)
    }
    return value
  }

  #int64(): bigint {
    const low = this.#varint()
    return this.#high === 0 ? BigInt(low) : this.#signed(low)
  }

  #signed(low: number): bigint {
    return BigInt.asIntN(64, (BigInt(this.#high) << 49n) | BigInt(low))
  }
}
