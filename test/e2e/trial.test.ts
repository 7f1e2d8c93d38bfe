import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildModel } from '../../src/artifact/build.js'
import { node, value } from '../../src/artifact/model-parts.js'
import { imageModel, linearModel } from '../fixtures/models.js'
import { slipway } from '../support/slipway.js'

const definition = (body: string): string =>
  `import { defineModel, number, tensor } from 'slipway'\nexport default defineModel({ name: 'm', ${body} })\n`
const fields = `artifact: './m.onnx', input: { x: tensor({ dtype: 'float32', shape: [4] }) }, output: { y: number() }`

describe('the trial run of a model on its way in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-trial-'))
  const state = join(folder, 'state')
  let count = 0

  beforeAll(() => mkdirSync(folder, { recursive: true }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function add(bytes: Uint8Array, text: string | null = null): ReturnType<typeof slipway> {
    const here = join(folder, `m${(count += 1)}`)
    mkdirSync(here)
    writeFileSync(join(here, 'm.onnx'), bytes)
    if (text !== null) writeFileSync(join(here, 'model.mjs'), text)
    return slipway(['models', 'add', here, '--name', `m${count}`, '--state', state, '--json'])
  }

  async function shown(): Promise<{
    readonly signature: { readonly rowsIndependent: boolean }
    readonly measured: { readonly runMs: number } | null
  }> {
    const { stdout } = await slipway(['models', 'show', `m${count}@1`, '--state', state, '--json'])
    return (JSON.parse(stdout) as { readonly manifest: Awaited<ReturnType<typeof shown>> }).manifest
  }

  it('finds out whether rows change each other’s answers', async () => {
    const parts = { inputs: [value('x', 'float32', ['N', 4])], outputs: [value('y', 'float32', ['N', 4])] }
    const acrossRows = buildModel({ ...parts, nodes: [node('Softmax', ['x'], ['y'], { axis: { int: 0 } })] })
    expect((await add(acrossRows)).code).toBe(0)
    expect((await shown()).signature.rowsIndependent).toBe(false)
    const withinRows = buildModel({ ...parts, nodes: [node('Softmax', ['x'], ['y'], { axis: { int: 1 } })] })
    expect((await add(withinRows)).code).toBe(0)
    expect((await shown()).signature.rowsIndependent).toBe(true)
  })

  it('makes up pictures of free height and width', async () => {
    expect((await add(imageModel({ dynamic: true }))).code).toBe(0)
    expect((await shown()).measured?.runMs).toBeGreaterThan(0)
  })

  it.each([
    ['whose preprocess throws', definition(`${fields}, preprocess: () => { throw new Error('no') }`), /PREPROCESS_FAILED/],
    ['that answers none of its own examples', definition(`${fields}, examples: [{ x: [1, 2, 3, NaN] }]`), /INPUT_FINITE|examples/],
    [
      'that only its fallback answers',
      definition(`${fields}, preprocess: () => { throw new Error('no') }, fallback: () => ({ y: 0 })`),
      /PREPROCESS_FAILED/,
    ],
  ])('refuses a model %s', async (_, text, reason) => {
    const { code, stdout } = await add(linearModel(), text)
    expect(code).toBe(3)
    expect(stdout).toMatch(reason)
  })
})
