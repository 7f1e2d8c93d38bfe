import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/** What a request would become in memory. */
export interface RequestWeight {
  /** Messages and single fields. */
  readonly parts: number
  /** Elements of typed contents and of shapes: a byte on the wire can become a bigint of 24 bytes. */
  readonly elements: number
}

interface Tally {
  parts: number
  elements: number
}

/** Where in a ModelInferRequest a walk stands. */
type Place = 'request' | 'input' | 'output' | 'contents'

/**
 * Counts what decoding a ModelInferRequest would make, without making it: its bytes alone say too little, since a typed contents field of
 * some MiB decodes to a hundred times as much. Throws for bytes that are no protobuf message.
 */
export function weighInferRequest(bytes: Uint8Array): RequestWeight {
  const tally: Tally = { parts: 0, elements: 0 }
  walk(bytes, 'request', tally)
  return tally
}

function walk(bytes: Uint8Array, place: Place, tally: Tally): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (place === 'contents') countElements(reader, field, wireType, tally)
    else countPart(reader, { field, wireType, place }, tally)
  }
}

interface Part {
  readonly field: number
  readonly wireType: WireType
  readonly place: Place
}

function countPart(reader: BinaryReader, { field, wireType, place }: Part, tally: Tally): void {
  tally.parts++
  if (wireType !== WireType.LengthDelimited) {
    reader.skip(wireType, field)
    return
  }
  const content = reader.bytes()
  if (place === 'request' && field === 5) walk(content, 'input', tally)
  else if (place === 'request' && field === 6) walk(content, 'output', tally)
  else if (place === 'input' && field === 5) walk(content, 'contents', tally)
  else if (place === 'input' && field === 3) tally.elements += varints(content)
}

function countElements(reader: BinaryReader, field: number, wireType: WireType, tally: Tally): void {
  if (wireType !== WireType.LengthDelimited || field === 8) {
    reader.skip(wireType, field)
    tally.elements++
    return
  }
  const packed = reader.bytes()
  if (field === 6) tally.elements += packed.length >>> 2
  else if (field === 7) tally.elements += packed.length >>> 3
  else tally.elements += varints(packed)
}

/** Each varint ends with the only one of its bytes whose high bit is clear. */
function varints(packed: Uint8Array): number {
  let count = 0
  for (let i = 0; i < packed.length; i++) if (packed[i]! < 0x80) count++
  return count
}
