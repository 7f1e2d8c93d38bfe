import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openFolderStore } from '../../src/drivers/folder/folder-store.js'
import type { AliasFile } from '../../src/registry/records.js'
import { by, contentOf, registryPlace, type RegistryPlace } from '../support/registry.js'

let place: RegistryPlace
let program: string
beforeAll(async () => {
  place = await registryPlace()
  program = join(place.parent, 'child.mjs')
  // Bundled once, so that each of the many processes starts at once.
  const entryPoints = [fileURLToPath(new URL('registry-child.ts', import.meta.url))]
  await build({ entryPoints, outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' })
})
afterAll(() => place.remove())

interface Child {
  readonly process: ChildProcess
  /** What it has said so far. */
  readonly said: unknown[]
  readonly ended: Promise<unknown>
}

function start(...args: readonly string[]): Child {
  return startAs({}, ...args)
}

function startAs(user: { readonly uid?: number }, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'], ...user })
  const said: unknown[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    said.push(...lines.map((line) => JSON.parse(line) as unknown))
  })
  return { process: child, said, ended: once(child, 'close') }
}

async function firstWord(child: Child): Promise<void> {
  while (child.said.length === 0) await once(child.process.stdout ?? child.process, 'data')
}

it('keeps one straight history while processes move one alias at once, and no reader ever sees half a file', async () => {
  const registry = await place.open()
  for (const seed of ['a', 'b']) await registry.add('fraud', contentOf(seed), by)
  const readers = [start('read', place.root), start('read', place.root)]
  for (const reader of readers) await firstWord(reader)
  const flippers = Array.from({ length: 5 }, () => start('flip', place.root, '30'))
  await Promise.all(flippers.map(({ ended }) => ended))
  for (const reader of readers) reader.process.stdin?.write('stop')
  await Promise.all(readers.map(({ ended }) => ended))

  const etags = flippers.flatMap(({ said }) => (said as { etags: string[] }[]).flatMap((story) => story.etags))
  const { journal } = await registry.show('fraud', { entries: 1000 })
  const moves = journal.filter(({ action }) => action === 'promote')
  expect(etags).toHaveLength(150)
  expect(moves.map(({ aliases }) => aliases['champion']?.etag ?? '').sort()).toEqual(etags.sort())
  expect(journal.map(({ seq }) => seq)).toEqual(Array.from({ length: 152 }, (_, index) => index + 1))
  // Each mover saw what the one before had set: compare-and-set would have refused it otherwise.
  expect(moves.map(({ aliases }) => aliases['champion']?.target.version)).toEqual(moves.map((_, index) => 2 - (index % 2)))
  for (const { said } of readers) {
    const story = said.at(-1) as { readonly fileReads: number }
    expect(story).toMatchObject({ torn: 0, wrong: 0, backwards: 0 })
    expect(story.fileReads).toBeGreaterThan(10)
  }
  expect((await registry.verify()).findings).toEqual([])
  await registry.close()
}, 120_000)

it.skipIf(process.getuid?.() !== 0)(
  'serves a process that may only read',
  async () => {
    const readable = await registryPlace()
    const registry = await readable.open()
    for (const seed of ['a', 'b']) await registry.add('fraud', contentOf(seed), by)
    await registry.close()
    await openToReaders(readable.parent)
    await chmod(place.parent, 0o755)
    const nobody = { uid: 65_534 }
    const reader = startAs(nobody, 'read', readable.root)
    await firstWord(reader)
    reader.process.stdin?.write('stop')
    await reader.ended
    expect(reader.said.at(-1)).toMatchObject({ torn: 0, wrong: 0, backwards: 0 })
    const writer = startAs(nobody, 'refused', readable.root)
    await writer.ended
    expect(writer.said).toEqual(['REGISTRY_UNAVAILABLE'])
    await readable.remove()
  },
  60_000,
)

async function openToReaders(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
}

interface Step {
  readonly before?: number | null
  readonly after?: number | null
  readonly is?: number | null
}

/** Where the champion may stand after the last word of a process, and how far its last change came. */
function judge(last: Step | undefined, champion: number | null): { allowed: readonly unknown[]; outcome: 'idle' | 'old' | 'new' } {
  if (last === undefined) return { allowed: [champion], outcome: 'idle' }
  if (last.is !== undefined) return { allowed: [last.is], outcome: 'idle' }
  return { allowed: [last.before, last.after], outcome: champion === last.after ? 'new' : 'old' }
}

async function championFile(model: string): Promise<number | null> {
  const path = join(place.root, 'models', model, 'aliases/champion.json')
  const bytes = await readFile(path, 'utf8').catch(() => null)
  return bytes === null ? null : (JSON.parse(bytes) as AliasFile).target.version
}

it('survives kill -9 at 200 random points', async () => {
  const kills = 200
  const killsPerModel = 20
  const outcomes = { idle: 0, old: 0, new: 0 }
  for (let kill = 0; kill < kills; kill++) {
    const model = `churned-${Math.floor(kill / killsPerModel)}`
    const child = start('churn', place.root, model)
    await firstWord(child)
    await new Promise((resolve) => {
      setTimeout(resolve, Math.random() * 40)
    })
    child.process.kill('SIGKILL')
    await child.ended

    const registry = await place.open()
    const report = await registry.verify()
    expect(report.findings).toEqual([])
    const champion = (await registry.list()).find(({ name }) => name === model)?.aliases['champion'] ?? null
    const last = (child.said.slice(1) as Step[]).at(-1)
    const { allowed, outcome } = judge(last, champion)
    expect(allowed).toContain(champion)
    outcomes[outcome] += 1
    // What other programs read is whole, and says the same.
    expect(await championFile(model)).toBe(champion)

    const next = await registry.add(model, contentOf(`after kill ${kill}`), by)
    await registry.promote(model, next.version, 'champion', by)
    expect((await registry.resolve(model)).version).toBe(next.version)
    await registry.close()
    if (kill % killsPerModel === killsPerModel - 1) await rm(join(place.root, 'models', model), { recursive: true })
  }
  // Kills fell into the middle of changes, not only between them.
  expect(outcomes.old + outcomes.new).toBeGreaterThan(kills / 4)

  const store = await openFolderStore(place.root)
  await store.sweep?.(-1000)
  expect(await readdir(join(place.root, 'tmp'))).toEqual([])
}, 480_000)
