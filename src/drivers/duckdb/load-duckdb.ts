import { SlipwayError } from '../../core/errors.js'

export type Duckdb = typeof import('@duckdb/node-api')

/** The engine's package. PACKAGE_MISSING when it is not installed, or has no build for this machine. */
export async function loadDuckdb(): Promise<Duckdb> {
  try {
    return await import('@duckdb/node-api')
  } catch (cause) {
    const message = 'Parquet files and DuckDB need the package @duckdb/node-api: npm install @duckdb/node-api@1.5.6-r.1'
    throw new SlipwayError('PACKAGE_MISSING', message, { cause })
  }
}
