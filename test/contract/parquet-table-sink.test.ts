import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OutputColumn } from '../../src/core/table.js'
import { createPartStore } from '../../src/drivers/folder/part-store.js'
import { createParquetSink } from '../../src/drivers/parquet/parquet-sink.js'
import { duckdb } from '../support/parquet.js'
import { tableSinkContract } from './table-sink.js'

tableSinkContract(
  'into Parquet',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-sink-'))
    const path = join(folder, 'scores.parquet')
    return {
      staging: folder,
      open: async (plan) => {
        const staging = join(folder, plan.run)
        const parts = createPartStore({ staging, destination: path, run: plan.run, extension: 'parquet', existing: 'replace' })
        return createParquetSink({ path, plan: { ...plan, staging }, parts })
      },
      rows: (columns) => tableOf(path, columns),
      remove: () => rm(folder, { recursive: true }),
    }
  },
  { keys: 'unchecked', nan: 'kept' },
)

async function tableOf(path: string, columns: readonly OutputColumn[]): Promise<readonly Record<string, unknown>[] | null> {
  if (!existsSync(path)) return null
  const times = columns.filter(({ type }) => type === 'timestamp').map(({ name }) => `epoch_us("${name}") / 1e3 AS "${name}"`)
  const replaced = times.length === 0 ? '*' : `* REPLACE (${times.join(', ')})`
  const rows = await duckdb(`SELECT ${replaced} FROM read_parquet('${path}')`)
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column.name, valueOf(row[column.name], column)])))
}

function valueOf(value: unknown, { type, dtype, shape }: OutputColumn): unknown {
  if (value === null || value === undefined) return null
  if (type === 'integer' && shape.length === 0) return BigInt(value as string)
  // The engine tells 64-bit integers as texts.
  if (dtype === 'int64') return JSON.parse(JSON.stringify(value).replaceAll('"', '')) as unknown
  if (value === 'NaN' && type === 'number') return Number.NaN
  return type === 'json' && shape.length === 0 && (dtype === 'object' || dtype === 'string')
    ? (JSON.parse(value as string) as unknown)
    : value
}
