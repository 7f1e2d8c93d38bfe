/** Wire types of Thrift's compact protocol (thrift-compact-protocol.md, "Struct encoding"); a bool in a struct is its own type code. */
export const wireTypes = { true: 1, false: 2, i8: 3, i16: 4, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

/** A value of Thrift, as far as Parquet's metadata has them. Numbers are whole and within 53 bits. */
export type ThriftValue =
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'i8' | 'i16' | 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'binary'; readonly value: Uint8Array }
  | { readonly type: 'list'; readonly of: Exclude<ThriftValue['type'], 'bool' | 'encoded'>; readonly items: readonly ThriftValue[] }
  | ThriftStruct
  /** A struct that is encoded already. */
  | { readonly type: 'encoded'; readonly bytes: Uint8Array }

/** Fields by id, in the order of their ids. */
export interface ThriftStruct {
  readonly type: 'struct'
  readonly fields: ReadonlyMap<number, ThriftValue>
}

/** A struct of the fields that are given; those that are undefined are left out. */
export function struct(fields: Readonly<Record<number, ThriftValue | undefined>>): ThriftStruct {
  const given = Object.entries(fields).filter((entry): entry is [string, ThriftValue] => entry[1] !== undefined)
  return { type: 'struct', fields: new Map(given.map(([id, value]) => [Number(id), value])) }
}

export const i32 = (value: number): ThriftValue => ({ type: 'i32', value })
export const i64 = (value: number): ThriftValue => ({ type: 'i64', value })
export const bool = (value: boolean): ThriftValue => ({ type: 'bool', value })
export const binary = (value: Uint8Array | string): ThriftValue => ({
  type: 'binary',
  value: typeof value === 'string' ? Buffer.from(value) : value,
})

/** A struct in Thrift's compact protocol. */
export function encodeStruct(value: ThriftStruct): Buffer {
  const pieces = new Pieces()
  writeValue(pieces, value)
  return pieces.bytes()
}

function writeValue(out: Pieces, value: ThriftValue): void {
  switch (value.type) {
    case 'bool':
      out.byte(value.value ? wireTypes.true : wireTypes.false)
      break
    case 'i8':
      out.byte(value.value & 0xff)
      break
    case 'i16':
    case 'i32':
    case 'i64':
      // Zigzag without 32-bit operators: offsets of files need more.
      out.varint(value.value < 0 ? -2 * value.value - 1 : 2 * value.value)
      break
    case 'binary':
      out.varint(value.value.length)
      out.append(value.value)
      break
    case 'list':
      writeList(out, value)
      break
    case 'struct':
      writeFields(out, value)
      break
    case 'encoded':
      out.append(value.bytes)
      break
  }
}

function writeList(out: Pieces, { of, items }: ThriftValue & { readonly type: 'list' }): void {
  if (items.length < 15) out.byte((items.length << 4) | wireTypes[of])
  else {
    out.byte(0xf0 | wireTypes[of])
    out.varint(items.length)
  }
  for (const item of items) writeValue(out, item)
}

function writeFields(out: Pieces, { fields }: ThriftStruct): void {
  let last = 0
  for (const [id, value] of fields) {
    // Ids of Parquet's structs are less than 16 apart: the short form of a field's header always does.
    out.byte(((id - last) << 4) | typeCode(value))
    last = id
    if (value.type !== 'bool') writeValue(out, value)
  }
  out.byte(0)
}

function typeCode(value: ThriftValue): number {
  if (value.type === 'bool') return value.value ? wireTypes.true : wireTypes.false
  return value.type === 'encoded' ? wireTypes.struct : wireTypes[value.type]
}

/** Bytes that grow: small ones gathered, large ones kept as they are. */
class Pieces {
  readonly #done: Uint8Array[] = []
  #small: number[] = []

  byte(value: number): void {
    this.#small.push(value)
  }

  varint(value: number): void {
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#small.push((rest % 128) | 0x80)
    this.#small.push(rest)
  }

  append(bytes: Uint8Array): void {
    this.#done.push(Uint8Array.from(this.#small), bytes)
    this.#small = []
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#done, Uint8Array.from(this.#small)])
  }
}
