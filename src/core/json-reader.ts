/** Limits of a JSON document. */
export interface JsonLimits {
  /** Deepest nesting of arrays and objects. */
  readonly depth: number
  /** Most elements (array items and object members) in the whole document. */
  readonly elements: number
}

/** A pull reader over the UTF-8 bytes of one JSON document. */
export interface JsonReader {
  readonly position: number
}
