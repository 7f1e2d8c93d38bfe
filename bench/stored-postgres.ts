import { Pool } from 'pg'
import type { StoredSets } from '../src/core/stored-sets.js'
import { median } from './processes.js'
import { percentile, progress, rounded } from './stored-figures.js'
import { keyOf, model, randomNumbers, setId } from './stored-rows.js'

/** As many as the store takes for reads unless it is told. */
const connections = 4
const concurrencies = [1, connections, 32] as const

interface Run {
  readonly readsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
}
export interface PostgresReads {
  readonly store: Run
  readonly driver: Run
  /** The store over the driver: 1.1 is 10% more reads. */
  readonly throughputRatio: number
}

/** Point reads by the store beside those by the bare driver with the same query and as many connections, by readers that ask at a time. */
export async function measurePostgresReads(
  store: StoredSets,
  options: { readonly url: string; readonly keys: number; readonly rounds: number; readonly seconds: number },
): Promise<Record<string, PostgresReads>> {
  const { url, keys, rounds, seconds } = options
  const pool = new Pool({ connectionString: url, max: connections, statement_timeout: 10_000, connectionTimeoutMillis: 10_000 })
  try {
    const byHand = await readerByHand(pool)
    const byStore = async (key: string): Promise<string | null> => (await store.read(model, [key])).values[0] ?? null
    const report: Record<string, PostgresReads> = {}
    for (const readers of concurrencies) {
      const runs = { store: [] as Run[], driver: [] as Run[] }
      for (let round = 0; round <= rounds; round++) {
        const length = round === 0 ? Math.min(1, seconds) : seconds
        const [one, other] = [
          await readFor(byStore, { readers, keys, seconds: length }),
          await readFor(byHand, { readers, keys, seconds: length }),
        ]
        progress(
          `  postgres, ${readers} readers, round ${round}/${rounds}: store ${one.readsPerSecond}/s, driver ${other.readsPerSecond}/s`,
        )
        if (round === 0) continue
        runs.store.push(one)
        runs.driver.push(other)
      }
      const [own, driver] = [middle(runs.store), middle(runs.driver)]
      report[`readers${readers}`] = { store: own, driver, throughputRatio: rounded(own.readsPerSecond / driver.readsPerSecond) }
    }
    return report
  } finally {
    await pool.end()
  }
}

/** The statement of the store for one key, prepared, and nothing around it. */
async function readerByHand(pool: Pool): Promise<(key: string) => Promise<string | null>> {
  const { rows } = await pool.query<{ number: number }>('SELECT number FROM slipway.sets WHERE id = $1', [setId(1)])
  const { number } = rows[0]!
  const text = `SELECT a.number, r.value FROM slipway.active a
    LEFT JOIN slipway.set_${number} r ON a.number = ${number} AND r.key = $2 WHERE a.model = $1`
  return async (key) => {
    const found = await pool.query<{ value: string | null }>({ name: 'by-hand', text, values: [model, key] })
    return found.rows[0]?.value ?? null
  }
}

async function readFor(
  read: (key: string) => Promise<string | null>,
  { readers, keys, seconds }: { readonly readers: number; readonly keys: number; readonly seconds: number },
): Promise<Run> {
  const random = randomNumbers(readers)
  const timesUs: number[] = []
  const start = performance.now()
  const end = start + seconds * 1_000
  async function reader(): Promise<void> {
    for (let before = performance.now(); before < end; before = performance.now()) {
      const key = keyOf(random(keys))
      if ((await read(key)) === null) throw new Error(`${key} is not there`)
      timesUs.push((performance.now() - before) * 1_000)
    }
  }
  await Promise.all(Array.from({ length: readers }, reader))
  const elapsed = (performance.now() - start) / 1_000
  return {
    readsPerSecond: Math.round(timesUs.length / elapsed),
    p50Us: Math.round(percentile(timesUs, 0.5)),
    p99Us: Math.round(percentile(timesUs, 0.99)),
  }
}

function middle(runs: readonly Run[]): Run {
  const of = (key: keyof Run): number => Math.round(median(runs.map((run) => run[key])))
  return { readsPerSecond: of('readsPerSecond'), p50Us: of('p50Us'), p99Us: of('p99Us') }
}
