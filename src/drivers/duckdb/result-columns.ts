import { cellReader } from './cells.js'
import type { CellReader } from './cells.js'
import type { Duckdb } from './load-duckdb.js'
import type { Selected } from './selection.js'

/** The columns of a query's result: what is selected twice alike is read once. */
export class ResultColumns {
  readonly #selected: Selected[] = []

  /** The position of a column in the result. */
  add(selected: Selected): number {
    const known = this.#selected.findIndex(({ sql, kind }) => sql === selected.sql && kind === selected.kind)
    return known >= 0 ? known : this.#selected.push(selected) - 1
  }

  /** The list of a SELECT. A query of no column still tells its rows. */
  get sql(): string {
    return this.#selected.length === 0 ? 'true' : this.#selected.map(({ sql }) => sql).join(', ')
  }

  at(position: number): Selected {
    return this.#selected[position]!
  }

  /** One reader a column of the result. */
  readers(duckdb: Duckdb): readonly CellReader[] {
    if (this.#selected.length === 0) return [cellReader({ sql: 'true', kind: 'flags' }, duckdb)]
    return this.#selected.map((selected) => cellReader(selected, duckdb))
  }
}
