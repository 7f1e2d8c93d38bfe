import { constants, createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { SlipwayError } from '../core/errors.js'
import { createJsonReader } from '../core/json-reader.js'

/** The values of a JSON lines file, or of standard input for `-`, in groups of at most `size`; empty lines are passed over. */
export async function* jsonLines(path: string, size: number): AsyncGenerator<readonly unknown[]> {
  if (path !== '-') await mustRead(path)
  const input: Readable = path === '-' ? process.stdin : createReadStream(path)
  let rows: unknown[] = []
  let line = 0
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1
    if (text.trim() === '') continue
    rows.push(parseJson(text, `${path === '-' ? 'standard input' : path}, line ${line}`))
    if (rows.length === size) {
      yield rows
      rows = []
    }
  }
  if (rows.length > 0) yield rows
}

/** By slipway's own reader, which keeps 64-bit integers whole. Errors name the place. */
export function parseJson(text: string, place: string): unknown {
  try {
    const reader = createJsonReader(Buffer.from(text))
    const value = reader.value()
    reader.end()
    return value
  } catch (cause) {
    if (!(cause instanceof SlipwayError)) throw cause
    throw new SlipwayError(cause.code, `${place}: ${cause.message}`, { cause })
  }
}

async function mustRead(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK)
  } catch (cause) {
    throw new SlipwayError('FILE_UNKNOWN', `${path} cannot be read`, { cause })
  }
}
