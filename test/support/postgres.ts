import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from './free-port.js'
import { until } from './until.js'

/** A Postgres for tests, with a way to databases of their own. */
export interface TestPostgres {
  /** Makes an empty database and gives its URL; the password in it is `top-secret` where the server is our own. */
  database(): Promise<string>
  /** Ends the server at once, as a power cut would; only where it is our own. */
  stop(): Promise<void>
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>
  /** Ends the server and removes its data, or the databases made where it is not our own. */
  remove(): Promise<void>
}

/** Null when there is a Postgres for tests, else why the suite is skipped; with CI=true that is an error. */
export function missingPostgres(need: 'any' | 'own' = 'any'): string | null {
  if (binaries() !== null || (need === 'any' && process.env['POSTGRES_URL'] !== undefined)) return null
  if (process.env['CI'] === 'true') throw new Error('CI=true and postgresql is not installed')
  return 'skipped: postgresql is not installed and POSTGRES_URL is not set'
}

/** The server that POSTGRES_URL names, or one of our own: on a free port of 127.0.0.1, with its data in a temporary folder. `own`: never the former. */
export async function openPostgres(need: 'any' | 'own' = 'any'): Promise<TestPostgres> {
  const url = process.env['POSTGRES_URL']
  return need === 'any' && url !== undefined ? foreign(url) : ownServer()
}

async function foreign(url: string): Promise<TestPostgres> {
  const made: string[] = []
  const refuse = (): Promise<never> => Promise.reject(new Error('the server of POSTGRES_URL is not ours to stop'))
  return {
    async database() {
      const name = await createDatabase(url, made.length)
      made.push(name)
      return withDatabase(url, name)
    },
    stop: refuse,
    start: refuse,
    async remove() {
      for (const name of made) await execute(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
  }
}

async function ownServer(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-pg-'))
  const owner = unprivileged()
  if (owner !== null) chownSync(folder, owner.uid, owner.gid)
  const options = { cwd: folder, ...owner }
  const bin = binaries()!
  const data = join(folder, 'data')
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    options,
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${String(made.stderr)}`)
  const port = await freePort()
  const url = `postgres://postgres:top-secret@127.0.0.1:${port}/postgres`
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off', 'max_connections=60']
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  let child: ChildProcess | null = null
  let databases = 0
  async function start(): Promise<void> {
    const started = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' })
    child = started
    await until('Postgres answers', () => {
      if (started.exitCode !== null) throw new Error(`postgres ended with ${started.exitCode}`)
      return execute(url, 'SELECT 1').then(() => true)
    })
  }
  async function stop(): Promise<void> {
    const running = child
    child = null
    if (running === null || running.exitCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGQUIT')
    await ended
  }
  await start()
  return {
    async database() {
      return withDatabase(url, await createDatabase(url, databases++))
    },
    stop,
    start,
    async remove() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function createDatabase(url: string, number: number): Promise<string> {
  const name = `slipway_test_${process.pid}_${number}`
  await execute(url, `DROP DATABASE IF EXISTS ${name}`)
  await execute(url, `CREATE DATABASE ${name}`)
  return name
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The folder with the programs of the newest Postgres; null when there is none. */
function binaries(): string | null {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).toSorted((one, other) => Number(other) - Number(one)) : []
  const folders = [...versions.map((version) => join(root, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')]
  return folders.find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program)))) ?? null
}

/** Postgres refuses to run as root: somebody without rights is taken. */
function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(String(spawnSync('id', [flag, 'nobody']).stdout)))
  return { uid: uid!, gid: gid! }
}
