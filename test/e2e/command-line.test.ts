import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verbs } from '../../src/cli/verbs.js'
import { identityModel, linearModel } from '../fixtures/models.js'
import { type CommandResult, slipway } from '../support/slipway.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const names = Object.keys(verbs)
const trace = /\n\s+at .*:\d+|node_modules|node:internal/

let workspace: Workspace

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', await workspace.file('sum.onnx', linearModel({ inputs: 2 })))
})
afterAll(() => workspace.remove())

/** Runs a command in the workspace without naming its state folder. */
function bare(...args: readonly string[]): Promise<CommandResult> {
  return slipway(args, { cwd: workspace.folder })
}

/** Refused as a wrong command line: exit code 2, one clear message, no stack trace; as JSON where JSON was asked for. */
function expectUsageError({ code, stdout, stderr }: CommandResult): void {
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^slipway: .+\n {2}USAGE: /) as string })
  expect(stderr).not.toMatch(trace)
  expect(stdout).toBe('')
}

/** The words after the verb that its usage line wants: `<MODEL>` or `[ALIAS]`. */
/** Commands after whose words more may follow. */
const takesMore = new Set(['serve', 'stored get', 'batch schedule'])

async function usageOf(name: string): Promise<{ required: number; all: number; options: string[]; examples: string[] }> {
  const { code, stdout } = await bare(...name.split(' '), '--help')
  expect(code).toBe(0)
  const [usage = ''] = stdout.split('\n').filter((line) => line.startsWith('USAGE'))
  const [options = '', example = ''] = stdout.split('\nOPTIONS\n')[1]?.split('\nEXAMPLE\n') ?? []
  return {
    required: usage.match(/<[A-Z-]+>/g)?.length ?? 0,
    all: usage.match(/[<[][A-Z-]+[>\]]/g)?.filter((word) => word !== '[OPTIONS]').length ?? 0,
    options: options.match(/--[a-z-]+/g) ?? [],
    examples: example.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()])),
  }
}

describe.each(names)('slipway %s', (name) => {
  const words = name.split(' ')

  it('has help, with an example that uses what it has', async () => {
    const { options, examples } = await usageOf(name)
    expect(options).toEqual(expect.arrayContaining(['--state', '--json']))
    expect(examples).not.toEqual([])
    for (const example of examples) {
      expect(example).toMatch(new RegExp(`^slipway ${name}( |$)`))
      expect(options).toEqual(expect.arrayContaining(example.match(/ --[a-z-]+/g)?.map((flag) => flag.trim()) ?? []))
    }
  })

  it('refuses an option that it does not have, long or short', async () => {
    expectUsageError(await bare(...words, '--colour'))
    expectUsageError(await bare(...words, '-q'))
    const { code, stdout } = await bare(...words, '--colour', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', message: expect.stringContaining('--colour') as string } })
  })

  it('refuses words that are missing, or too many', async () => {
    const { required, all } = await usageOf(name)
    if (required > 0) expectUsageError(await bare(...words))
    if (!takesMore.has(name)) expectUsageError(await bare(...words, ...Array.from({ length: all + 1 }, (_, index) => `word${index}`)))
    expect(readdirSync(workspace.folder)).not.toContain('.slipway')
  })
})

describe('slipway', () => {
  it('lists every command, and says its version', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { code, stdout } = await bare(...args)
      expect(code).toBe(0)
      for (const name of names) expect(stdout).toMatch(new RegExp(`^ {2}slipway ${name} `, 'm'))
    }
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
    expect((await bare('--version')).stdout).toBe(`${version}\n`)
  })

  it('refuses a command that it does not have, and names those of a group', async () => {
    for (const args of [['fly'], ['models'], ['models', 'fly'], ['keys', 'list2'], ['--fly'], ['constructor'], ['__proto__']]) {
      expectUsageError(await bare(...args))
    }
    expect((await bare('models')).stderr).toContain('add, list, show, promote, rollback, verify, rm')
    expect(await bare('models', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('slipway models add') as string })
  })

  it.each([
    ['a number that is none', ['serve', '--port', 'eighty']],
    ['a number out of range', ['serve', '--port', '65536']],
    ['a word out of another list', ['serve', '--isolation', 'fast']],
    ['a reference without a version', ['models', 'promote', 'sum']],
    ['rows given twice', ['predict', 'sum', '--row', '{}', '--input', '-']],
    ['no rows at all', ['predict', 'sum']],
    ['scopes that nobody knows', ['keys', 'create', 'x', '--scopes', 'fly']],
    ['a name for several models', ['models', 'add', fileURLToPath(new URL('../../examples', import.meta.url)), '--name', 'one']],
  ])('refuses %s', async (_, args) => {
    const refused = await workspace.run(...args)
    expect(refused.code).toBe(2)
    expectUsageError(refused)
  })

  it('refuses an option that lacks its value, instead of taking the next one for it', async () => {
    expectUsageError(await bare('models', 'list', '--state'))
    expect((await bare('models', 'list', '--state', '--json')).code).toBe(2)
    expect(readdirSync(workspace.folder)).not.toContain('--json')
  })

  it('refuses an empty name of the state folder, instead of filling the folder where it stands', async () => {
    const folder = join(workspace.folder, 'empty')
    await mkdir(folder)
    expectUsageError(await slipway(['models', 'list', '--state', ''], { cwd: folder }))
    expect(readdirSync(folder)).toEqual([])
  })

  it('refuses an option that is given twice with different values, instead of dropping one', async () => {
    const refused = await workspace.run('predict', 'sum', '--row', '{"x":[1,2]}', '--row', '{"x":[3,4]}')
    expect(refused.code).toBe(2)
    expectUsageError(refused)
  })

  it('says what is wrong with a state folder that is a file', async () => {
    const file = await workspace.file('file', 'not a folder')
    const { code, stderr } = await bare('models', 'list', '--state', file)
    expect(stderr).toMatch(/^slipway: .*state folder/)
    expect(stderr).not.toMatch(/INTERNAL/)
    expect(stderr).not.toMatch(trace)
    expect(code).toBeGreaterThan(1)
  })

  it('prints one JSON document for each command that reads or changes the registry', async () => {
    await workspace.json('models', 'add', await workspace.file('v2/sum.onnx', identityModel('float32', ['N', 2])))
    expect(await workspace.json('models', 'list')).toMatchObject({
      models: [{ name: 'sum', versions: [1, 2], aliases: { champion: 1, latest: 2 } }],
    })
    expect(await workspace.json('models', 'show', 'sum')).toMatchObject({ name: 'sum', versions: [{ version: 1 }, { version: 2 }] })
    expect(await workspace.json('models', 'show', 'sum@2')).toMatchObject({ name: 'sum', version: 2, manifest: { measured: {} } })
    expect(await workspace.json('models', 'promote', 'sum@2', 'blue')).toMatchObject({
      model: 'sum',
      alias: 'blue',
      target: { version: 2 },
    })
    expect(await workspace.json('models', 'promote', 'sum@1', 'blue')).toMatchObject({ target: { version: 1 } })
    expect(await workspace.json('models', 'rollback', 'sum', 'blue')).toMatchObject({ alias: 'blue', target: { version: 2 } })
    expect(await workspace.json('models', 'rm', 'sum:blue')).toMatchObject({ removed: 'sum:blue' })
    expect(await workspace.json('models', 'verify')).toMatchObject({ models: 1, versions: 2, findings: [] })
    expect(await workspace.json('keys', 'list')).toEqual({ keys: [] })
  })

  it('guards what is in use, and compares before it sets', async () => {
    expect(await workspace.run('models', 'rm', 'sum@1')).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('VERSION_IN_USE') as string,
    })
    const stale = await workspace.run('models', 'promote', 'sum@1', '--expect', 'another')
    expect(stale).toMatchObject({ code: 7, stderr: expect.stringContaining('ALIAS_CONFLICT') as string })
    for (const args of [
      ['show', 'nobody'],
      ['show', 'sum@9'],
      ['promote', 'sum@9'],
      ['rollback', 'nobody'],
      ['rm', 'sum:nobody'],
    ]) {
      expect(await workspace.run('models', ...args)).toMatchObject({ code: 4 })
    }
  })
})

describe('slipway predict', () => {
  const rows = ['{"x":[1,2]}', '{"x":[3,4]}']

  async function outputs(result: Promise<CommandResult>): Promise<unknown[]> {
    const { code, stdout, stderr } = await result
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trim().split('\n')
    return lines.map((line) => (JSON.parse(line) as { output: { y: number } }).output.y).map((y) => Math.fround(y))
  }

  it('answers rows from a flag, a file and standard input, one line a row', async () => {
    const expected = [1.5, 2.1].map(Math.fround)
    const file = await workspace.file('rows.jsonl', `${rows.join('\r\n')}\r\n\r\n`)
    expect(await outputs(workspace.run('predict', 'sum@1', '--row', `[${rows.join()}]`))).toEqual(expected)
    expect(await outputs(workspace.run('predict', 'sum@1', '--input', file))).toEqual(expected)
    const piped = slipway(['predict', 'sum@1', '--input', '-', '--state', workspace.state], { input: rows.join('\n') })
    expect(await outputs(piped)).toEqual(expected)
  })

  it('answers good rows and refuses bad ones, with exit code 3', async () => {
    const { code, stdout } = await workspace.run('predict', 'sum@1', '--row', '[{"x":[1,2]},{"x":"no"},{}]')
    expect(code).toBe(3)
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { source: string; error?: { code: string } })
    expect(answers.map(({ source, error }) => error?.code ?? source)).toEqual(['model', 'INPUT_TYPE', 'INPUT_MISSING'])
  })

  it('names the line of a file that is not JSON', async () => {
    const file = await workspace.file('broken.jsonl', `${rows[0]}\n{"x":[1,\n`)
    const { code, stderr } = await workspace.run('predict', 'sum@1', '--input', file)
    expect(code).toBe(3)
    expect(stderr).toMatch(/line 2.*\n {2}INVALID_JSON/)
    expect(await workspace.run('predict', 'sum@1', '--input', 'nothing.jsonl')).toMatchObject({ code: 4 })
  })

  it('ends quietly when nobody reads its answers any more', async () => {
    const file = await workspace.file('many.jsonl', `${rows[0]}\n`.repeat(20_000))
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    const command = `"${process.execPath}" "${main}" predict sum@1 --input "${file}" --state "${workspace.state}" | head -n 1`
    const shell = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    let stdout = ''
    shell.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    shell.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    await new Promise((resolve) => shell.on('close', resolve))
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(stderr).toBe('')
  })
})

describe('slipway models verify', () => {
  it('finds a tampered blob and a tampered history, with exit code 7', async () => {
    const registry = join(workspace.state, 'registry')
    expect((await workspace.run('models', 'verify')).code).toBe(0)
    const { manifest } = (await workspace.json('models', 'show', 'sum@1')) as { manifest: { artifact: { digest: string } } }
    const hex = manifest.artifact.digest.slice('sha256:'.length)
    const blob = join(registry, 'blobs/sha256', hex.slice(0, 2), hex)
    const sound = readFileSync(blob)
    await chmod(blob, 0o600)
    await appendFile(blob, '!')
    const { code, stdout } = await workspace.run('models', 'verify', '--json')
    expect(code).toBe(7)
    expect(JSON.parse(stdout)).toMatchObject({ findings: [{ code: 'INTEGRITY', model: 'sum' }] })
    expect((await workspace.run('models', 'verify', 'sum')).stdout).toMatch(/INTEGRITY: sum: .*\n.* 1 findings/)

    await writeFile(blob, sound)
    expect((await workspace.run('models', 'verify')).code).toBe(0)
    const folder = join(registry, 'models/sum/journal')
    const [first = ''] = readdirSync(folder).toSorted()
    const entry = join(folder, first)
    await chmod(entry, 0o600)
    await writeFile(entry, readFileSync(entry, 'utf8').replace(/"actor":"[^"]*"/, '"actor":"mallory"'))
    const broken = await workspace.run('models', 'verify', '--json')
    expect(broken.code).toBe(7)
    expect(broken.stdout).toContain('JOURNAL_BROKEN')
  })
})
