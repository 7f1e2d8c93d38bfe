// A process of the registry tests: `flip <root> <times>`, `read <root>`, `refused <root>` or `churn <root> <model>`. It tells its story on standard output.
import { readFile } from 'node:fs/promises'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { SlipwayError, toSlipwayError } from '../../src/core/errors.js'
import { openFolderStore } from '../../src/drivers/folder/folder-store.js'
import { openRegistry, type Registry } from '../../src/registry/registry.js'
import { contentOf } from '../support/registry.js'

const [mode = '', root = '', argument = ''] = process.argv.slice(2)
const by = { actor: `process ${process.pid}` }
// Synchronous: what is said before a kill has been heard.
const say = (line: unknown): void => void writeSync(1, `${JSON.stringify(line)}\n`)

async function flip(registry: Registry, times: number): Promise<void> {
  const etags: string[] = []
  let conflicts = 0
  while (etags.length < times) {
    const champion = (await registry.show('fraud', { entries: 0 })).aliases['champion']
    const to = champion?.target.version === 1 ? 2 : 1
    try {
      etags.push((await registry.promote('fraud', to, 'champion', { ...by, expect: champion?.etag ?? null })).etag)
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || thrown.code !== 'ALIAS_CONFLICT') throw thrown
      conflicts += 1
    }
  }
  say({ etags, conflicts })
}

async function read(registry: Registry): Promise<void> {
  const story = { fileReads: 0, torn: 0, resolves: 0, wrong: 0, backwards: 0 }
  const state = { going: true }
  process.stdin.once('data', () => (state.going = false))
  let newest = 0
  say('ready')
  while (state.going) {
    const bytes = await readFile(join(root, 'models/fraud/aliases/champion.json'), 'utf8')
    story.fileReads += 1
    if (!/^\{"actor".*\}$/u.test(bytes)) story.torn += 1
    const { version } = await registry.resolve('fraud@champion')
    story.resolves += 1
    if (version !== 1 && version !== 2) story.wrong += 1
    const seq = (await registry.show('fraud', { entries: 0 })).aliases['champion']?.seq ?? 0
    if (seq < newest) story.backwards += 1
    newest = Math.max(newest, seq)
  }
  say(story)
  process.stdin.destroy()
}

/** Changes a model without end, and says before each change what the champion is and will be. */
async function churn(registry: Registry, model: string): Promise<never> {
  say('ready')
  for (let turn = 0; ; turn++) {
    const shown = await registry.show(model, { entries: 0 }).catch(() => undefined)
    const champion = shown?.aliases['champion']
    const before = champion?.target.version ?? null
    const versions = shown?.versions.map(({ version }) => version) ?? []
    const change = async (after: number | null, work: () => Promise<unknown>): Promise<void> => {
      say({ before, after })
      await work()
      say({ is: after })
    }
    const other = versions.find((version) => version !== before)
    const free = versions.find((version) => !Object.values(shown?.aliases ?? {}).some(({ target }) => target.version === version))
    const prev = champion?.prev?.version
    const kind = ['add', 'promote', 'rollback', 'remove', 'gc'][Math.floor(Math.random() * 5)]
    if (kind === 'add' || versions.length < 3) {
      await change(before ?? 1, () => registry.add(model, contentOf(`${process.pid} ${turn}`), by))
    } else if (kind === 'promote' && other !== undefined) await change(other, () => registry.promote(model, other, 'champion', by))
    else if (kind === 'rollback' && prev !== undefined && versions.includes(prev))
      await change(prev, () => registry.rollback(model, 'champion', by))
    else if (kind === 'remove' && free !== undefined && versions.length > 4) await change(before, () => registry.remove(model, free, by))
    else if (kind === 'gc') await change(before, () => registry.gc({ graceMs: -1000 }))
  }
}

const registry = await openRegistry(await openFolderStore(root))
if (mode === 'flip') await flip(registry, Number(argument))
else if (mode === 'read') await read(registry)
else if (mode === 'refused') say(await registry.promote('fraud', 2, 'champion', by).catch((thrown: unknown) => toSlipwayError(thrown).code))
else await churn(registry, argument)
await registry.close()
