const utf8 = new TextEncoder()

/** A length-delimited field: its header, then `content` as it is. */
export function bytesField(field: number, ...content: readonly Uint8Array[]): Uint8Array[] {
  const length = content.reduce((total, piece) => total + piece.length, 0)
  return [Uint8Array.from([...varint(field * 8 + 2), ...varint(length)]), ...content]
}

export function stringField(field: number, text: string): Uint8Array[] {
  return bytesField(field, utf8.encode(text))
}

/** A non-negative integer. */
export function integerField(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(field * 8), ...varint(value)])
}

/** All pieces in one array. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    joined.set(piece, offset)
    offset += piece.length
  }
  return joined
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}
