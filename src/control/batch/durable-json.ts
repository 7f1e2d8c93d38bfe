import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import { syncDirectory } from '../../drivers/folder/durable.js'
import { fileFailure } from '../state-dir.js'

/** Writes a text file so that it is there whole or not at all, whatever happens meanwhile. */
export async function writeDurable(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.part`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    await rm(temporary, { force: true })
    throw fileFailure(cause, 'the state folder cannot be written')
  }
}

/** Reads a JSON file; null when it is absent. INTEGRITY when it is damaged. */
export async function readJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw fileFailure(cause, 'the state folder cannot be read')
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SlipwayError('INTEGRITY', `a file of the state folder is damaged: ${path}`, { cause })
  }
}
