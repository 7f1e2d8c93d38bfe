import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as models from '../../../test/fixtures/models.js'
import { stripZipMap } from '../../artifact/strip-zip-map.js'
import type { ModelSession, SessionFactory } from '../../core/ports.js'
import type { Tensor } from '../../core/tensor.js'
import { loadOnnxNode } from './onnx-node.js'

let engine: SessionFactory
let folder: string
let count = 0

beforeAll(async () => {
  engine = await loadOnnxNode()
  folder = await mkdtemp(join(tmpdir(), 'slipway-models-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function open(bytes: Uint8Array): Promise<ModelSession> {
  const path = join(folder, `${count++}.onnx`)
  await writeFile(path, bytes)
  return engine.open(path, { threads: 1 })
}

async function answer(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Record<string, unknown>> {
  const session = await open(bytes)
  try {
    const results = await session.run(feeds)
    return Object.fromEntries(Object.entries(results).map(([name, { shape, data }]) => [name, { shape, values: [...data] }]))
  } finally {
    await session.close()
  }
}

function floats(shape: readonly number[], ...values: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) }
}

describe('the fixture models', () => {
  it('linearModel', async () => {
    const answered = await answer(models.linearModel({ inputs: 2 }), { x: floats([2, 2], 10, 20, 0, 0) })
    expect(answered).toEqual({ y: { shape: [2, 1], values: [6, 1] } })
  })

  it('twoOutputModel', async () => {
    const answered = await answer(models.twoOutputModel(), { x: floats([2, 2], 1, 2, -3, 1) })
    expect(answered).toEqual({ sum: { shape: [2, 1], values: [3, -2] }, positive: { shape: [2, 1], values: [1, 0] } })
  })

  it('stringInputModel', async () => {
    const word: Tensor = { dtype: 'string', shape: [3, 1], data: ['blue', 'red', 'gelb'] }
    expect(await answer(models.stringInputModel(), { word })).toEqual({ code: { shape: [3, 1], values: [2n, 0n, -1n] } })
  })

  it('manyInputModel', async () => {
    const answered = await answer(models.manyInputModel(), {
      amount: floats([2, 1], 0.5, 1),
      count: { dtype: 'int64', shape: [2, 1], data: BigInt64Array.of(3n, 4n) },
      member: { dtype: 'bool', shape: [2, 1], data: Uint8Array.of(1, 0) },
      country: { dtype: 'string', shape: [2, 1], data: ['FR', '??'] },
    })
    expect(answered).toEqual({ score: { shape: [2, 1], values: [24.5, 5] } })
  })

  it.each([false, true])('imageModel, with free sides: %s', async (dynamic) => {
    const pixels = Array.from({ length: 12 }, (_, index) => [1, 2, 4][Math.floor(index / 4)]!)
    const answered = await answer(models.imageModel({ height: 2, width: 2, dynamic }), { image: floats([1, 3, 2, 2], ...pixels) })
    expect(answered).toEqual({ logits: { shape: [1, 2], values: [3, 6] } })
  })

  it('int64Model', async () => {
    const x: Tensor = { dtype: 'int64', shape: [1, 1], data: BigInt64Array.of(2n ** 63n - 1n) }
    expect(await answer(models.int64Model(), { x })).toEqual({ y: { shape: [1, 1], values: [2n ** 63n - 1n] } })
  })

  it('countingModel', async () => {
    expect(await answer(models.countingModel(1000), { x: floats([1], 5) })).toEqual({ y: { shape: [1], values: [1005] } })
  })

  it('loopModel does not end, and a process that runs it can be killed', async () => {
    const path = join(folder, 'loop.onnx')
    await writeFile(path, models.loopModel())
    const child = spawn(process.execPath, ['--input-type=module', '-e', runForever], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, MODEL: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    await once(child.stdout, 'data')
    const first = await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 1000, 'still running'))])
    child.kill('SIGKILL')
    expect(first).toBe('still running')
    expect(await exited).toEqual([null, 'SIGKILL'])
  })

  it('slowModel takes about the time that it is asked to', async () => {
    const session = await open(models.slowModel({ ms: 60 }))
    const start = performance.now()
    const { y } = await session.run({ x: floats([2, 1], 1, 2) })
    const took = performance.now() - start
    await session.close()
    expect([...y!.data]).toEqual([1, 2])
    expect(took).toBeGreaterThan(20)
    expect(took).toBeLessThan(2000)
  })

  it('nanModel', async () => {
    const answered = await answer(models.nanModel(), { x: floats([3, 1], 2, 0, 1e-30) })
    expect(answered).toEqual({ y: { shape: [3, 1], values: [0.5, Number.NaN, Number.POSITIVE_INFINITY] } })
  })

  it('fixedBatchModel takes a batch of one and no other', async () => {
    expect(await answer(models.fixedBatchModel(), { x: floats([1, 4], 1, 2, 3, 4) })).toEqual({ y: { shape: [1, 1], values: [10] } })
    await expect(answer(models.fixedBatchModel(), { x: floats([2, 4], 1, 2, 3, 4, 5, 6, 7, 8) })).rejects.toThrow(
      /expected float32\[1,4\]/u,
    )
  })

  it('noBatchModel', async () => {
    expect(await answer(models.noBatchModel(), { x: floats([4], 1, 2, 3, 4) })).toEqual({ y: { shape: [4], values: [2, 4, 6, 8] } })
  })

  it.each([
    ['int64', [5n, 3n]],
    ['string', ['mid', 'low']],
  ] as const)('zipMapModel, stripped, with %s labels', async (labels, expected) => {
    const { output_label: label, output_probability: probability } = await answer(stripZipMap(models.zipMapModel({ labels })), {
      x: floats([2, 2], 1, 2, 3, 0),
    })
    expect(label).toEqual({ shape: [2], values: expected })
    const { shape, values } = probability as { shape: number[]; values: number[] }
    expect(shape).toEqual([2, 3])
    const scores = [1, 2, -3].map(Math.exp)
    const total = scores.reduce((sum, score) => sum + score, 0)
    for (const [index, score] of scores.entries()) expect(values[index]).toBeCloseTo(score / total, 5)
  })

  it('zipMapModel, as it is, still answers its label', async () => {
    const session = await open(models.zipMapModel())
    expect(session.outputs.map((output) => output.name)).toEqual(['output_label'])
    const { output_label: label } = await session.run({ x: floats([1, 2], 1, 2) })
    expect(label!.data).toEqual(BigInt64Array.of(5n))
    await session.close()
  })

  it('externalDataModel reads its data from beside the file', async () => {
    const { model, data } = models.externalDataModel()
    await writeFile(join(folder, 'weights.bin'), data)
    expect(await answer(model, { x: floats([1, 2], 10, 20) })).toEqual({ y: { shape: [1, 2], values: [11, 22] } })
  })

  it('customOpModel does not load', async () => {
    await expect(open(models.customOpModel())).rejects.toThrow(expect.objectContaining({ code: 'ADMISSION_FAILED' }) as Error)
  })
})

const runForever = `
import { InferenceSession, Tensor } from 'onnxruntime-node'
const session = await InferenceSession.create(process.env.MODEL)
process.stdout.write('loaded', () => session.run({ x: new Tensor('float32', [0], [1]) }))
`
