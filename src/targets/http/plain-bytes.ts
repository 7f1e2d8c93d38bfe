/** The same bytes as a Uint8Array of its own class: a Buffer's `slice` gives a view where a Uint8Array's gives a copy. */
export function plainBytes({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
