// oxlint-disable-next-line typescript/triple-slash-reference -- the package has no types, and the tests' project does not find a .d.ts by itself
/// <reference path="./pg-copy-streams.d.ts" />
import type { Writable } from 'node:stream'
import type { Pool, PoolConfig, Submittable } from 'pg'
import { SlipwayError } from '../../core/errors.js'

/** A COPY on its way into a table: bytes are written, `finish` says that the server has them. */
export type CopyIn = Writable & Submittable & { readonly rowCount: number }

/** The parts of pg and pg-copy-streams that are used here. */
export interface Pg {
  pool(config: PoolConfig): Pool
  copyFrom(sql: string): CopyIn
}

/** Loads the optional packages; PACKAGE_MISSING with the install line. */
export async function loadPg(): Promise<Pg> {
  try {
    const [{ default: pg }, { default: copy }] = await Promise.all([import('pg'), import('pg-copy-streams')])
    return { pool: (config) => new pg.Pool(config), copyFrom: (sql) => copy.from(sql, { highWaterMark: 1 << 20 }) }
  } catch (cause) {
    throw new SlipwayError(
      'PACKAGE_MISSING',
      'Postgres needs the packages pg and pg-copy-streams: npm install pg@8.23.1 pg-copy-streams@7.0.0',
      {
        cause,
      },
    )
  }
}
