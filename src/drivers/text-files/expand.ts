import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { SlipwayError } from '../../core/errors.js'
import { sinkFailure } from '../../core/sink-failure.js'

/** What was written. */
export interface SpooledFile {
  readonly bytes: number
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string
}

export interface ExpandOptions {
  readonly signal?: AbortSignal
  /** Called with the bytes written so far. */
  readonly progress?: (bytes: number) => void
  /** Most bytes that may come out; PAYLOAD_TOO_LARGE for more. */
  readonly limitBytes?: number
}

/**
 * Writes the text of a file compressed with gzip (also of several members) or zstd (also of several frames) to `target`, which appears whole
 * or not at all. SOURCE_INVALID, saying how far it got, for a file that is cut off, damaged or neither.
 */
export async function expandFile(path: string, target: string, options: ExpandOptions = {}): Promise<SpooledFile> {
  const name = basename(path)
  return spooled(target, options, async (write, written) => {
    const blocks = blocksOf(path, options.signal)
    const first = await blocks.next()
    const head = first.done === true ? Buffer.alloc(0) : first.value
    const expand = expanderOf(head)
    if (expand === null) throw new SlipwayError('SOURCE_INVALID', `${name} is compressed neither with gzip nor with zstd`)
    try {
      await expand(joined(head, blocks), write)
    } catch (thrown) {
      if (thrown instanceof SlipwayError) throw thrown
      throw new SlipwayError('SOURCE_INVALID', `${name} is ${faultOf(thrown)}, after ${written()} bytes of text`, { cause: thrown })
    }
  })
}

/** Writes what a stream gives to `target`, which appears whole or not at all. */
export async function spoolStream(stream: AsyncIterable<unknown>, target: string, options: ExpandOptions = {}): Promise<SpooledFile> {
  return spooled(target, options, async (write) => {
    for await (const block of stream) write(typeof block === 'string' ? Buffer.from(block) : (block as Uint8Array))
  })
}

type Write = (block: Uint8Array) => void
type Expand = (blocks: AsyncIterable<Buffer>, write: Write) => Promise<void>

async function spooled(
  target: string,
  { signal, progress, limitBytes = Infinity }: ExpandOptions,
  work: (write: Write, written: () => number) => Promise<void>,
): Promise<SpooledFile> {
  const temporary = `${target}.tmp`
  const hash = createHash('sha256')
  let bytes = 0
  // Blocks are written as they come: what decompresses may give a gigabyte for a few bytes, and must not get ahead of the disk.
  const file = onDisk(() => openSync(temporary, 'w', 0o600))
  const write: Write = (block) => {
    if (signal?.aborted === true) throw new SlipwayError('CANCELLED', 'reading was cancelled', { cause: signal.reason })
    bytes += block.length
    if (bytes > limitBytes) throw new SlipwayError('PAYLOAD_TOO_LARGE', `the text is longer than ${limitBytes} bytes`)
    hash.update(block)
    onDisk(() => writeWhole(file, block))
    progress?.(bytes)
  }
  try {
    await work(write, () => bytes)
    onDisk(() => fsyncSync(file))
    onDisk(() => renameSync(temporary, target))
  } catch (thrown) {
    rmSync(temporary, { force: true })
    throw thrown
  } finally {
    closeSync(file)
  }
  return { bytes, sha256: hash.digest('hex') }
}

function onDisk<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw sinkFailure('writing the spool file', thrown)
  }
}

function writeWhole(file: number, block: Uint8Array): void {
  for (let at = 0; at < block.length;) at += writeSync(file, block, at)
}

async function* blocksOf(path: string, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new SlipwayError('SOURCE_INVALID', `${basename(path)} cannot be read: ${code}`, { cause })
  })
  try {
    for (;;) {
      if (signal?.aborted === true) throw new SlipwayError('CANCELLED', 'reading was cancelled', { cause: signal.reason })
      const block = Buffer.allocUnsafe(65_536)
      const { bytesRead } = await file.read(block, 0, block.length)
      if (bytesRead === 0) return
      yield block.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* joined(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head
  yield* rest
}

function expanderOf(head: Buffer): Expand | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return gunzip
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? unzstd : null
}

const gunzip: Expand = async (blocks, write) => {
  const { Readable } = await import('node:stream')
  const source = Readable.from(blocks, { objectMode: false })
  const stream = createGunzip()
  source.on('error', (error) => stream.destroy(error))
  try {
    for await (const block of source.pipe(stream) as AsyncIterable<Buffer>) write(block)
  } finally {
    source.destroy()
  }
}

const unzstd: Expand = async (blocks, write) => {
  const { Decompress } = await import('fzstd')
  const stream = new Decompress(write)
  for await (const block of blocks) stream.push(block)
  stream.push(new Uint8Array(0), true)
}

function faultOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'Z_BUF_ERROR' || code === 5) return 'cut off'
  return `damaged (${thrown instanceof Error ? thrown.message : String(thrown)})`
}
