/** Least and greatest value of a column chunk, in plain encoding. */
export interface Range {
  readonly min: Uint8Array
  readonly max: Uint8Array
}

/**
 * Least and greatest of some numbers (parquet.thrift, `Statistics`, `ColumnOrder`); null where there are none. Floats with a NaN among them
 * have none either, as readers that order NaN above all numbers would leave its rows out; a zero is -0 as the least and +0 as the greatest.
 */
export function rangeOf(items: Int32Array | BigInt64Array | Float32Array | Float64Array, signed: boolean): Range | null {
  if (items.length === 0) return null
  if (items instanceof BigInt64Array) return rangeOfLongs(items, signed)
  if (items instanceof Int32Array)
    return signed ? rangeOfInts(items) : rangeOfInts(new Uint32Array(items.buffer, items.byteOffset, items.length))
  return items instanceof Float32Array ? rangeOfFloats(items) : rangeOfDoubles(items)
}

function rangeOfInts(items: Int32Array | Uint32Array): Range {
  let min = items[0]!
  let max = min
  for (let i = 1; i < items.length; i++) {
    const value = items[i]!
    if (value < min) min = value
    else if (value > max) max = value
  }
  return { min: bytesOf(Int32Array.of(min)), max: bytesOf(Int32Array.of(max)) }
}

/** As words: a loop over bigints takes ten times as long. */
function rangeOfLongs(items: BigInt64Array, signed: boolean): Range {
  const low = new Uint32Array(items.buffer, items.byteOffset, items.length * 2)
  const high = signed ? new Int32Array(items.buffer, items.byteOffset, items.length * 2) : low
  let min = 0
  let max = 0
  let least = high[1]!
  let greatest = least
  for (let at = 2; at < low.length; at += 2) {
    const value = high[at + 1]!
    if (value <= least && (value < least || low[at]! < low[min]!)) {
      min = at
      least = value
    } else if (value >= greatest && (value > greatest || low[at]! > low[max]!)) {
      max = at
      greatest = value
    }
  }
  return { min: bytesOf(items.slice(min / 2, min / 2 + 1)), max: bytesOf(items.slice(max / 2, max / 2 + 1)) }
}

function rangeOfFloats(items: Float32Array): Range | null {
  let min = items[0]!
  let max = min
  for (let i = 0; i < items.length; i++) {
    const value = items[i]!
    if (value < min) min = value
    else if (value > max) max = value
    else if (Number.isNaN(value)) return null
  }
  if (Number.isNaN(min)) return null
  return { min: bytesOf(Float32Array.of(min === 0 ? -0 : min)), max: bytesOf(Float32Array.of(max === 0 ? 0 : max)) }
}

function rangeOfDoubles(items: Float64Array): Range | null {
  let min = items[0]!
  let max = min
  for (let i = 0; i < items.length; i++) {
    const value = items[i]!
    if (value < min) min = value
    else if (value > max) max = value
    else if (Number.isNaN(value)) return null
  }
  if (Number.isNaN(min)) return null
  return { min: bytesOf(Float64Array.of(min === 0 ? -0 : min)), max: bytesOf(Float64Array.of(max === 0 ? 0 : max)) }
}

function bytesOf(items: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(items.buffer, items.byteOffset, items.byteLength)
}
