import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  indexOfRecord,
  parsePartitionRecord,
  partFolders,
  partitionRecordText,
  partName,
  recordName,
  temporaryPartName,
} from '../../core/part-names.js'
import type { PartData, PartStore, PartStoreOptions } from '../../core/part-store.js'
import { sinkFailure } from '../../core/sink-failure.js'
import type { PartitionRecord } from '../../core/table.js'
import { syncDirectory } from './durable.js'
import { tolerating } from './failure.js'
import { discardHalves, publishFile, publishFolder } from './publish-parts.js'

/** Output parts in a folder of the file system: `parts/000003.csv` and `records/000003.json` below the staging folder. */
export function createPartStore(options: PartStoreOptions): PartStore {
  const { staging, extension } = options
  const parts = join(staging, partFolders.parts)
  const records = join(staging, partFolders.records)
  const partPath = (index: number): string => join(parts, partName(index, extension))
  return {
    prepare: () =>
      guarded('making the staging folder', async () => {
        await mkdir(parts, { recursive: true })
        await mkdir(records, { recursive: true })
      }),
    committed: () => guarded('reading the committed parts', () => committedParts(parts, records, extension)),
    temporary: (index) => join(parts, temporaryPartName(index, extension, randomUUID())),
    async commit(index, temporary, record) {
      const committing = async (): Promise<PartitionRecord> => {
        const made = await record(await flushed(temporary))
        await rename(temporary, partPath(index))
        await syncDirectory(parts)
        await writeRecord(records, index, made)
        return made
      }
      return guarded(`writing part ${index}`, committing).catch(async (thrown: unknown) => {
        await removeQuietly(temporary)
        throw thrown
      })
    },
    abort: removeQuietly,
    partPath,
    publishFolder: (found) => guarded('publishing the output', () => publishFolder(options, found, partPath)),
    publishFile: (build) => guarded('publishing the output', () => publishFile(options, build)),
    discard: () =>
      guarded('removing the staging folder', async () => {
        await rm(staging, { recursive: true, force: true })
        await discardHalves(options)
      }),
  }
}

async function guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw sinkFailure(doing, thrown)
  }
}

async function removeQuietly(path: string): Promise<void> {
  // What cannot be removed now has a temporary name, and the next look at the committed parts removes it.
  await rm(path, { force: true }).catch(() => undefined)
}

async function flushed(path: string): Promise<PartData> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, checksum: `sha256:${hash.digest('hex')}` }
}

async function writeRecord(records: string, index: number, record: PartitionRecord): Promise<void> {
  const temporary = join(records, temporaryPartName(index, 'json', randomUUID()))
  try {
    await writeFile(temporary, partitionRecordText(record), { flag: 'wx', flush: true })
    await rename(temporary, join(records, recordName(index)))
  } catch (thrown) {
    await removeQuietly(temporary)
    throw thrown
  }
  await syncDirectory(records)
}

async function committedParts(parts: string, records: string, extension: string): Promise<PartitionRecord[]> {
  const found: PartitionRecord[] = []
  for (const name of await namesIn(records)) {
    const index = indexOfRecord(name)
    const path = join(records, name)
    const record = index === null ? null : parsePartitionRecord(await readFile(path, 'utf8'))
    if (record !== null && record.partition.index === index && record.bytes === (await sizeOf(join(parts, partName(index, extension))))) {
      found.push(record)
    } else await rm(path, { recursive: true, force: true })
  }
  const kept = new Set(found.map(({ partition }) => partName(partition.index, extension)))
  for (const name of await namesIn(parts)) if (!kept.has(name)) await rm(join(parts, name), { recursive: true, force: true })
  return found.sort((a, b) => a.partition.index - b.partition.index)
}

function namesIn(folder: string): Promise<string[]> {
  return tolerating(['ENOENT'], [], () => readdir(folder))
}

function sizeOf(path: string): Promise<number | null> {
  return tolerating<number | null>(['ENOENT'], null, async () => (await stat(path)).size)
}
