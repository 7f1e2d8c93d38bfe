import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SlipwayError } from '../../core/errors.js'
import { valueText } from '../../core/json-writer.js'
import type { PartitionRecord } from '../../core/table.js'

/** A record that was not written, and why. */
export interface BadRow {
  /** Number inside the partition. */
  readonly row: number
  /** `INPUT_RANGE:amount`. */
  readonly codes: readonly string[]
  readonly message: string
  /** The record as the source has it; null where it is not at hand. */
  readonly record: unknown
}

/** The quarantine of one partition: a file, made when the first bad row comes, that counts once the partition is committed. */
export class PartitionQuarantine {
  readonly #path: string
  readonly #partition: number
  #file: FileHandle | null = null
  #pending: string[] = []
  #bytes = 0

  constructor(folder: string, partition: number) {
    this.#path = join(folder, `${partitionName(partition)}.jsonl`)
    this.#partition = partition
  }

  add(row: BadRow): void {
    const text = valueText({ partition: this.#partition, ...row }, 'literal')
    this.#pending.push(text)
    this.#bytes += text.length
  }

  /** Writes what has been added when there is much of it. */
  async flush(): Promise<void> {
    if (this.#bytes > 1 << 20) await this.#write()
  }

  /** Makes the file durable under its name; one of an earlier attempt is replaced, or removed when this attempt has no bad rows. */
  async commit(): Promise<void> {
    await this.#write()
    if (this.#file === null) return rm(this.#path, { force: true })
    await this.#file.sync()
    await this.#close()
    await rename(`${this.#path}.part`, this.#path)
  }

  async abort(): Promise<void> {
    await this.#close()
    await rm(`${this.#path}.part`, { force: true })
  }

  async #write(): Promise<void> {
    if (this.#pending.length === 0) return
    const text = `${this.#pending.join('\n')}\n`
    this.#pending = []
    this.#bytes = 0
    try {
      this.#file ??= await open(`${this.#path}.part`, 'w', 0o600)
      await this.#file.writeFile(text)
    } catch (cause) {
      throw new SlipwayError('SINK_FAILED', 'the quarantine file cannot be written', { cause })
    }
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }
}

/** The folder of a run's quarantine, made when absent. */
export async function quarantineFolder(run: string): Promise<string> {
  const folder = join(run, 'quarantine')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/**
 * Joins the quarantines of the committed partitions into one JSON lines file, each line with the file it came from and the record's number in
 * it. Returns its path, or null when no row was bad.
 */
export async function mergeQuarantine(run: string, records: readonly PartitionRecord[], files: readonly string[]): Promise<string | null> {
  const folder = join(run, 'quarantine')
  const names = new Set(await readdir(folder).catch(() => []))
  const target = join(run, 'quarantine.jsonl')
  const temporary = `${target}.part`
  const first = firstRecords(records)
  let file: FileHandle | null = null
  try {
    for (const { partition } of records.toSorted((a, b) => a.partition.index - b.partition.index)) {
      const name = `${partitionName(partition.index)}.jsonl`
      if (!names.has(name)) continue
      file ??= await open(temporary, 'w', 0o600)
      const where = `"file":${JSON.stringify(files[partition.file] ?? '')},`
      let text = ''
      for await (const line of createInterface({ input: createReadStream(join(folder, name)), crlfDelay: Infinity })) {
        const row = Number(/"row":(\d+)/.exec(line)?.[1] ?? 0)
        text += `{${where}"number":${first.get(partition.index)! + row + 1},${line.slice(1)}\n`
        if (text.length < 1 << 20) continue
        await file.writeFile(text)
        text = ''
      }
      await file.writeFile(text)
    }
    if (file === null) return null
    await file.sync()
  } finally {
    await file?.close()
  }
  await rename(temporary, target)
  return target
}

/** Records of the same file before each partition. */
function firstRecords(records: readonly PartitionRecord[]): Map<number, number> {
  const first = new Map<number, number>()
  const read = new Map<number, number>()
  for (const record of records.toSorted((a, b) => a.partition.index - b.partition.index)) {
    const { index, file } = record.partition
    first.set(index, read.get(file) ?? 0)
    read.set(file, (read.get(file) ?? 0) + record.read)
  }
  return first
}

function partitionName(index: number): string {
  return String(index).padStart(6, '0')
}
