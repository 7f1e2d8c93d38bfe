import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SlipwayError } from '../core/errors.js'

/** The token of the admin API: made once, kept in a file of mode 0600. Processes that start together agree on one. */
export async function ensureAdminToken(path: string): Promise<string> {
  return (await readToken(path)) ?? createToken(path)
}

async function readToken(path: string): Promise<string | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const token = text.trim()
  // A file cut short, or filled by hand with a word, would be a token that can be guessed.
  if (token.length < 32) throw new SlipwayError('CONFIG_INVALID', 'the admin token file is too short to be safe; delete it and start again')
  return token
}

async function createToken(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const token = `slp_admin_${randomBytes(32).toString('base64url')}`
  try {
    await writeFile(temporary, `${token}\n`, { flag: 'wx', mode: 0o600, flush: true })
    await link(temporary, path)
    return token
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // Another process was faster: its token holds.
    return ensureAdminToken(path)
  } finally {
    await rm(temporary, { force: true })
  }
}
