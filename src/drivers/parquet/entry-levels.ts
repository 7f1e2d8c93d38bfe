/** Repetition levels of the entries of one row that is a tensor, and the definition level that all of them have. */
export interface EntryLevels {
  readonly repetition: Uint8Array
  readonly definition: number
}

/**
 * Levels of a dense tensor of a shape (README.md of parquet-format, "Nested Encoding"; Dremel, section 4.1). A list is defined at 1, its
 * elements two further; a dimension of 0 cuts the tensor to entries that say "empty" at the level of that dimension.
 */
export function entryLevels(shape: readonly number[]): EntryLevels {
  const empty = shape.indexOf(0)
  const outer = empty === -1 ? shape : shape.slice(0, empty)
  const repetition = new Uint8Array(outer.reduce((count, size) => count * size, 1))
  for (let entry = 1; entry < repetition.length; entry++) repetition[entry] = repetitionAt(entry, outer)
  return { repetition, definition: empty === -1 ? 1 + 2 * shape.length : 1 + 2 * empty }
}

/** The outermost dimension that goes on at an entry. */
function repetitionAt(entry: number, shape: readonly number[]): number {
  let size = 1
  for (let level = shape.length; level > 1; level--) {
    size *= shape[level - 1]!
    if (entry % size !== 0) return level
  }
  return 1
}
