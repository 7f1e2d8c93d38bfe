import { once } from 'node:events'
import type { CopyIn } from './load-pg.js'

/** A text as a cell of COPY's text format (PostgreSQL manual, COPY, "Text Format"). */
export function copyCell(text: string): string {
  return special.test(text) ? text.replace(specials, (char) => escapes[char]!) : text
}

/** NULL as a cell. */
export const copyNull = '\\N'

const special = /[\\\t\n\r]/
const specials = /[\\\t\n\r]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** Writes into a COPY and waits while too much is on its way; rejects when the COPY fails. */
export class CopyWriter {
  readonly #copy: CopyIn
  #failed: unknown = null

  constructor(copy: CopyIn) {
    this.#copy = copy
    copy.on('error', (error) => (this.#failed ??= error))
  }

  async write(bytes: Buffer): Promise<void> {
    this.#check()
    if (this.#copy.write(bytes)) return
    await once(this.#copy, 'drain')
  }

  /** Ends the COPY; resolves to how many rows the server took. */
  async end(): Promise<number> {
    this.#check()
    const finished = once(this.#copy, 'finish')
    this.#copy.end()
    await finished
    return this.#copy.rowCount
  }

  #check(): void {
    if (this.#failed !== null) throw this.#failed as Error
  }
}
