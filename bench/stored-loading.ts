import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { RowHash } from '../src/core/row-hash.js'
import type { StoredSets } from '../src/core/stored-sets.js'
import type { PartitionRecord } from '../src/core/table.js'
import { rounded } from './stored-figures.js'
import { keyOf, model, setId, type SetNumber, valueOf } from './stored-rows.js'

const partitionRows = 65_536
const batchRows = 8_192

export interface LoadFigures {
  readonly rows: number
  readonly rowsPerSecond: number
  /** Time in the store alone, without that of making the rows; `completeSeconds` of it to seal the set. */
  readonly seconds: number
  readonly completeSeconds: number
}

/** Writes a whole set through the port: a partition for 65 536 rows, in the order given. */
export async function loadSet(store: StoredSets, set: SetNumber, order: Uint32Array): Promise<LoadFigures> {
  const id = setId(set)
  const watch = new Stopwatch()
  const sum = new RowHash()
  await watch.time(() => store.create({ id, model, version: '1', digest: `sha256:${'0'.repeat(64)}`, producedAt: Date.now() }))
  for (let start = 0, index = 0; start < order.length; start += partitionRows, index++) {
    const { checksum } = await writePartition(store, set, { index, start, order: order.subarray(start, start + partitionRows), watch })
    sum.merge(checksum)
  }
  const written = watch.seconds
  await watch.time(() => store.complete(id, { rows: order.length, checksum: sum.hex(), fallbackRows: 0, details: {} }))
  const seconds = watch.seconds
  return {
    rows: order.length,
    rowsPerSecond: Math.round(order.length / seconds),
    seconds: rounded(seconds),
    completeSeconds: rounded(seconds - written),
  }
}

/** Bytes on the disk of all files under a folder. */
export function bytesUnder(folder: string): number {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return files.reduce((bytes, { parentPath, name }) => bytes + statSync(join(parentPath, name)).blocks * 512, 0)
}

interface PartitionOfKeys {
  readonly index: number
  readonly start: number
  readonly order: Uint32Array
  readonly watch: Stopwatch
}

async function writePartition(
  store: StoredSets,
  set: SetNumber,
  { index, start, order, watch }: PartitionOfKeys,
): Promise<PartitionRecord> {
  const writer = await watch.time(() => store.openPartition(setId(set), index))
  try {
    for (let at = 0; at < order.length; at += batchRows) {
      const rows = Array.from(order.subarray(at, at + batchRows), (i, row) => ({ key: keyOf(i), value: valueOf(set, i), row: at + row }))
      await watch.time(() => writer.write(rows))
    }
    const count = order.length
    return await watch.time(() =>
      writer.commit(async (refused, { bytes, checksum }) => {
        if (refused.length > 0) throw new Error(`row ${refused[0]!.row} was refused: ${refused[0]!.message}`)
        const partition = { index, file: 0, start, end: start + count }
        return { partition, read: count, filtered: 0, written: count, bad: 0, fallback: 0, bytes, checksum, details: {} }
      }),
    )
  } catch (error) {
    await writer.abort()
    throw error
  }
}

class Stopwatch {
  seconds = 0

  async time<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.seconds += (performance.now() - start) / 1_000
    }
  }
}
