import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hangingModel } from '../../bench/graphs.js'
import { customOpModel, externalDataModel, identityModel, linearModel, loopModel } from '../fixtures/models.js'
import { processesIn } from '../support/processes.js'
import type { CommandResult } from '../support/slipway.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

let workspace: Workspace

beforeAll(async () => {
  workspace = await openWorkspace()
})
afterAll(() => workspace.remove())

/** What a refusal prints, once nothing of the attempt is left: no process, no temporary or staged file, no model. */
async function refused(args: readonly string[], code: string, exit = 3): Promise<string> {
  const before = modelsOfRegistry()
  const result = await workspace.run('models', 'add', ...args)
  expect({ stderr: result.stderr, code: result.code }).toEqual({ stderr: expect.stringContaining(`\n  ${code}: `) as string, code: exit })
  expect(result.stderr).not.toMatch(/\n\s+at .*:\d+|node_modules/)
  await until('its processes are gone', () => processesIn(workspace.folder).length === 0)
  expect(readdirSync(workspace.temporary)).toEqual([])
  expect(readdirSync(join(workspace.state, 'staging'))).toEqual([])
  expect(modelsOfRegistry()).toEqual(before)
  return result.stderr
}

function modelsOfRegistry(): string[] {
  const folder = join(workspace.state, 'registry/models')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** A definition of the linear model of two inputs beside its graph. */
async function definition(fields: string, before = ''): Promise<string> {
  await workspace.file('defined/linear.onnx', linearModel({ inputs: 2 }))
  const source = `import { category, defineModel, number, tensor } from 'slipway'
    ${before}
    export default defineModel({ name: 'linear', artifact: './linear.onnx', ${fields} })`
  return workspace.file('defined/model.ts', source)
}

const right = `input: { x: tensor({ dtype: 'float32', shape: [2] }) }, output: { y: number() }`

describe('slipway models add refuses', () => {
  it('what is not an ONNX file', async () => {
    expect(await refused([await workspace.file('words.onnx', 'These are words.')], 'ARTIFACT_INVALID')).toMatch(/not .*ONNX/)
    await refused([await workspace.file('empty.onnx', '')], 'ARTIFACT_INVALID')
    await refused([await workspace.file('words.txt', 'These are words.')], 'USAGE', 2)
    await refused(['nothing.onnx'], 'FILE_UNKNOWN', 4)
  })

  it('a file that was cut short, wherever the cut is', async () => {
    const whole = linearModel()
    for (const part of [0.1, 0.5, 0.9]) {
      const path = await workspace.file('cut.onnx', whole.slice(0, Math.floor(whole.length * part)))
      expect(await refused([path], 'ARTIFACT_INVALID')).toMatch(/ONNX model/)
    }
  })

  it('operators of another domain; with --allow-domain it is the engine that does not know them', async () => {
    const path = await workspace.file('custom.onnx', customOpModel())
    expect(await refused([path], 'ARTIFACT_CUSTOM_OP')).toContain('acme:Frobnicate')
    expect(await refused([path, '--allow-domain', 'acme'], 'ADMISSION_FAILED')).toContain('acme:Frobnicate')
    await refused([path, '--allow-domain', 'other'], 'ARTIFACT_CUSTOM_OP')
  })

  it('external data that are not listed, not there, or outside the folder', async () => {
    const { model, data } = externalDataModel()
    const path = await workspace.file('external/model.onnx', model)
    expect(await refused([path, '--external', 'weights.bin'], 'ARTIFACT_EXTERNAL')).toContain('weights.bin')
    await workspace.file('external/weights.bin', data)
    expect(await refused([path], 'ARTIFACT_EXTERNAL')).toContain('weights.bin')
    const outside = await workspace.file('outside/model.onnx', externalDataModel({ location: '../external/weights.bin' }).model)
    await refused([outside, '--external', '../external/weights.bin'], 'ARTIFACT_EXTERNAL')
    const absolute = await workspace.file('outside/absolute.onnx', externalDataModel({ location: '/etc/passwd' }).model)
    await refused([absolute, '--external', '/etc/passwd'], 'ARTIFACT_EXTERNAL')
  })

  it('a model whose trial never ends, in time, without leaving its process behind', async () => {
    const started = performance.now()
    expect(await refused([await workspace.file('loop.onnx', loopModel()), '--timeout', '2'], 'ADMISSION_FAILED')).toMatch(/2 s/)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('a definition that never ends when it is imported', async () => {
    expect(await refused([await workspace.file('endless/model.ts', 'for (;;);'), '--timeout', '2'], 'ADMISSION_FAILED')).toMatch(/2 s/)
  })

  it('a definition that does not fit, and names the field', async () => {
    const fit = async (fields: string): Promise<string> => refused([await definition(fields)], 'DEFINITION_INVALID')
    expect(await fit(`input: { x: tensor({ dtype: 'float32', shape: [3] }) }, output: { y: number() }`)).toMatch(/`x`.*float32\[\?,2\]/)
    expect(await fit(`input: { x: number({ min: 5, max: 1 }) }, output: { y: number() }`)).toMatch(/input `x`: min 5 is greater than max 1/)
    expect(await fit(`input: { x: category([]) }, output: { y: number() }`)).toMatch(/`x`/)
    expect(await fit(`${right}, examples: [{ x: [1] }]`)).toMatch(/`x`/)
    expect(await fit(`${right}, guard: { deadlineMs: -1 }`)).toMatch(/deadlineMs/)
    expect(await fit(`input: { x: tensor({ dtype: 'float32', shape: [2] }) }, output: {}`)).toMatch(/output/)
  })

  it('a definition with an option that nothing reads: a guard that is misspelt guards nothing', async () => {
    const fit = async (fields: string): Promise<string> => refused([await definition(fields)], 'DEFINITION_INVALID')
    expect(await fit(`${right}, fallbacks: [() => ({ y: 0 })]`)).toMatch(/fallbacks/)
    expect(await fit(`${right}, guard: { deadline: 50 }`)).toMatch(/deadline/)
  })

  it("a definition that imports Node's own modules, or packages", async () => {
    const load = async (before: string): Promise<string> => refused([await definition(right, before)], 'DEFINITION_LOAD')
    expect(await load(`import { readFileSync } from 'node:fs'; readFileSync('/etc/passwd')`)).toMatch(/node:fs is not available/)
    expect(await load(`import fs from 'fs'; fs.readFileSync('/etc/passwd')`)).toMatch(/"fs"|node:fs/)
    expect(await load(`const fs = await import('node:fs'); fs.readFileSync('/etc/passwd')`)).toMatch(/node:fs/)
    expect(await load(`import fastify from 'fastify'; fastify()`)).toMatch(/fastify/)
    expect(await load(`import { nothing } from './nothing.js'; nothing()`)).toMatch(/nothing/)
  })

  it('a definition that throws, is not TypeScript, or defines nothing', async () => {
    expect(await refused([await definition(right, `throw new Error('out of order')`)], 'DEFINITION_LOAD')).toMatch(/threw.*out of order/)
    expect(await refused([await workspace.file('broken/model.ts', 'export default {{{')], 'DEFINITION_LOAD')).toMatch(/line 1/)
    expect(await refused([await workspace.file('none/model.ts', 'export const a = 1')], 'DEFINITION_LOAD')).toMatch(/default export/)
    expect(await refused([await workspace.file('plain/model.ts', `export default { name: 'x' }`)], 'DEFINITION_LOAD')).toMatch(
      /defineModel/,
    )
  })

  it('names that cannot be, and folders in which nothing is', async () => {
    const path = await workspace.file('fine.onnx', identityModel('float32'))
    for (const name of ['Bad Name', '../up', '-', 'a'.repeat(129)])
      expect(await refused([path, '--name', name], 'MODEL_NAME')).toMatch(/name/)
    await workspace.file('nothing/readme.md', '')
    await refused([join(workspace.folder, 'nothing')], 'FILE_UNKNOWN', 4)
    await workspace.file('two/a.onnx', '')
    await workspace.file('two/b.onnx', '')
    await refused([join(workspace.folder, 'two')], 'USAGE', 2)
  })
})

describe('slipway models add takes', () => {
  let taking: Workspace

  beforeAll(async () => {
    await workspace.remove()
    taking = await openWorkspace()
    workspace = taking
  })

  it('external data that are listed, and computes with them', async () => {
    const { model, data } = externalDataModel()
    const path = await taking.file('external/shift.onnx', model)
    await taking.file('external/weights.bin', data)
    await taking.json('models', 'add', path, '--external', 'weights.bin')
    const { stdout } = (await taking.run('predict', 'shift', '--row', '{"x":[10,20]}')) satisfies CommandResult
    expect(JSON.parse(stdout)).toMatchObject({ output: { y: [11, 22] }, source: 'model' })
  })

  it('the same content once: the second time it is there already', async () => {
    const path = await taking.file('same.onnx', identityModel('float32'))
    expect(await taking.json('models', 'add', path)).toMatchObject({ added: [{ name: 'same', version: 1, outcome: 'added' }] })
    const again = (await taking.json('models', 'add', path)) as { added: { version: number; outcome: string }[] }
    expect(again.added[0]?.version).toBe(1)
    expect(again.added[0]?.outcome).not.toBe('added')
  })

  it('a name that fits the file name, or the one it is given', async () => {
    const path = await taking.file('Fraud Model.V2.onnx', identityModel('float64'))
    expect(await taking.json('models', 'add', path)).toMatchObject({ added: [{ name: 'fraud-model.v2' }] })
    expect(await taking.json('models', 'add', path, '--name', 'other')).toMatchObject({ added: [{ name: 'other' }] })
  })

  it('a graph that can loop, with what it measured, and who added it and why', async () => {
    const path = await taking.file('loops.onnx', hangingModel())
    const added = await taking.json('models', 'add', path, '--actor', 'ada', '--reason', 'first try')
    expect(added).toMatchObject({ added: [{ measured: { engine: expect.stringContaining('onnxruntime') as string } }] })
    expect(await taking.json('models', 'show', 'loops@1')).toMatchObject({ manifest: { graph: { hasLoop: true } } })
    expect(await taking.json('models', 'show', 'loops')).toMatchObject({ journal: [{ actor: 'ada', reason: 'first try' }] })
  })

  it('several definitions below a folder, or one file that imports its own', async () => {
    await taking.file(
      'family/one/model.ts',
      `import { defineModel, number } from 'slipway'
      import { half } from '../shared.js'
      export default defineModel({ name: 'one', artifact: './graph.onnx', input: { x: number() }, output: { y: number() },
        preprocess: ({ columns }) => ({ x: Float32Array.from(columns.x.data, half) }) })`,
    )
    await taking.file('family/shared.ts', 'export const half = (value: number): number => value / 2')
    await taking.file('family/one/graph.onnx', identityModel('float32'))
    await taking.file('family/two/graph.onnx', identityModel('float32', ['N', 2]))
    const added = await taking.json('models', 'add', join(taking.folder, 'family'))
    expect(added).toMatchObject({ added: [{ name: 'one' }, { name: 'graph' }] })
    const { stdout } = await taking.run('predict', 'one', '--row', '{"x":3}')
    expect(JSON.parse(stdout)).toMatchObject({ output: { y: 1.5 } })
  })
})
