/** Names of the keys of a store. A server holds them all: they are read together in one step, which a cluster cannot do across its nodes. */
export interface StoreKeys {
  /** Hash: id of a set -> the set as JSON (`CatalogEntry`). */
  readonly sets: string
  /** Counter: number of the last set. */
  readonly number: string
  /** Hash: model -> number and head of the active set (`pointerText`). */
  readonly active: string
  /** List: flips of a model as JSON, newest first. */
  flips(model: string): string
  /** Hash: key -> index of its partition, a colon, the value. */
  rows(number: number): string
  /** Hash: index of a partition -> its checksum and record as JSON. */
  partitions(number: number): string
  /** What the names of the rows of all sets begin with. */
  readonly rowsPrefix: string
}

export function storeKeys(prefix: string): StoreKeys {
  return {
    sets: `${prefix}:sets`,
    number: `${prefix}:number`,
    active: `${prefix}:active`,
    flips: (model) => `${prefix}:flips:${model}`,
    rows: (number) => `${prefix}:rows:${number}`,
    partitions: (number) => `${prefix}:partitions:${number}`,
    rowsPrefix: `${prefix}:rows:`,
  }
}
