import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PartitionRecord } from '../../core/table.js'
import { mergeQuarantine, PartitionQuarantine, quarantineFolder } from './quarantine.js'

let run: string
let folder: string
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'slipway-quarantine-'))
  folder = await quarantineFolder(run)
})
afterEach(() => rm(run, { recursive: true, force: true }))

const record = (index: number, file: number, read: number): PartitionRecord => ({
  partition: { index, file, start: 0, end: 1 },
  read,
  filtered: 0,
  written: 0,
  bad: 0,
  fallback: 0,
  bytes: 0,
  checksum: '',
  details: {},
})

async function put(index: number, ...rows: number[]): Promise<void> {
  const quarantine = new PartitionQuarantine(folder, index)
  for (const row of rows) quarantine.add({ row, codes: ['INPUT_TYPE:x'], message: 'why', record: { x: 2n ** 60n } })
  await quarantine.commit()
}

describe('the quarantine', () => {
  it('joins the partitions that are committed, with file and number of each record', async () => {
    await put(0, 4)
    await put(1)
    await put(2, 0, 9)
    await put(3, 1)
    const path = await mergeQuarantine(run, [record(2, 1, 10), record(0, 0, 100), record(1, 0, 50)], ['a.csv', 'b.csv'])
    const lines = (await readFile(path!, 'utf8')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { file: 'a.csv', number: 5, partition: 0, row: 4, codes: ['INPUT_TYPE:x'], message: 'why' },
      { file: 'b.csv', number: 1, partition: 2, row: 0 },
      { file: 'b.csv', number: 10, partition: 2, row: 9 },
    ])
    expect(lines[0]).toContain('"x":1152921504606846976')
  })

  it('numbers the records of a file across its partitions', async () => {
    await put(1, 3)
    const path = await mergeQuarantine(run, [record(0, 0, 100), record(1, 0, 50)], ['a.csv'])
    expect(JSON.parse(await readFile(path!, 'utf8'))).toMatchObject({ file: 'a.csv', number: 104 })
  })

  it('is no file when no row is bad, and forgets what an earlier attempt put there', async () => {
    await put(0, 1)
    await put(0)
    expect(await readdir(folder)).toEqual([])
    expect(await mergeQuarantine(run, [record(0, 0, 10)], ['a.csv'])).toBeNull()
  })

  it('leaves nothing of a partition that is given up', async () => {
    const quarantine = new PartitionQuarantine(folder, 0)
    quarantine.add({ row: 0, codes: [], message: '', record: 'x'.repeat(2 << 20) })
    await quarantine.flush()
    await quarantine.abort()
    expect(await readdir(folder)).toEqual([])
  })
})
