import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as models from '../../../test/fixtures/models.js'
import { buildModel } from '../../artifact/build.js'
import { constant, node, value } from '../../artifact/model-parts.js'
import { bytesPerElement, type DType, type TensorData } from '../../core/dtype.js'
import type { SlipwayError } from '../../core/errors.js'
import type { ModelSession, SessionFactory } from '../../core/ports.js'
import type { Tensor } from '../../core/tensor.js'
import { loadOnnxNode } from './onnx-node.js'

let engine: SessionFactory
let folder: string
const opened: ModelSession[] = []

beforeAll(async () => {
  engine = await loadOnnxNode()
  folder = await mkdtemp(join(tmpdir(), 'slipway-onnx-node-'))
})

afterAll(async () => {
  await Promise.all(opened.map((session) => session.close()))
  await rm(folder, { recursive: true, force: true })
})

async function open(bytes: Uint8Array): Promise<ModelSession> {
  const path = join(folder, `${opened.length}.onnx`)
  await writeFile(path, bytes)
  const session = await engine.open(path, { threads: 1 })
  opened.push(session)
  return session
}

function tensor(dtype: DType, shape: readonly number[], data: TensorData): Tensor {
  return { dtype, shape, data } as Tensor
}

async function refusal(rejected: Promise<unknown>): Promise<SlipwayError> {
  return rejected.then(
    () => expect.unreachable('it should have been refused'),
    (thrown: unknown) => thrown as SlipwayError,
  )
}

describe('loadOnnxNode', () => {
  it('names the engine and the version that is installed', async () => {
    const path = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string }
    expect(engine.engine).toBe(`onnxruntime-node ${version}`)
  })
})

describe('a session', () => {
  it('tells inputs and outputs, free dimensions as null', async () => {
    const session = await open(models.imageModel({ dynamic: true }))
    expect(session.inputs).toEqual([{ name: 'image', dtype: 'float32', shape: [null, 3, null, null] }])
    expect(session.outputs).toEqual([{ name: 'logits', dtype: 'float32', shape: [null, 2] }])
  })

  it.each<[DType, TensorData]>([
    ['bool', Uint8Array.of(1, 0, 1)],
    ['uint8', Uint8Array.of(255, 0, 1)],
    ['uint16', Uint16Array.of(65_535, 0, 1)],
    ['uint32', Uint32Array.of(4_294_967_295, 0, 1)],
    ['uint64', BigUint64Array.of(2n ** 64n - 1n, 0n, 2n ** 53n + 1n)],
    ['int8', Int8Array.of(-128, 127, 0)],
    ['int16', Int16Array.of(-32_768, 32_767, 0)],
    ['int32', Int32Array.of(-2_147_483_648, 2_147_483_647, 0)],
    ['int64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, -(2n ** 53n) - 1n)],
    ['float16', Uint16Array.of(0x3c_00, 0x7e_01, 0x80_00)],
    ['float32', Float32Array.of(Number.NaN, -0, Number.NEGATIVE_INFINITY)],
    ['float64', Float64Array.of(5e-324, -0, Number.MAX_VALUE)],
    ['string', ['grün €', '', '😀 "quoted"\n']],
  ])('passes %s through exactly', async (dtype, data) => {
    const session = await open(models.identityModel(dtype, ['N']))
    const { y } = await session.run({ x: tensor(dtype, [3], data) })
    expect(y).toEqual({ dtype, shape: [3], data })
    expect(y!.data.constructor).toBe(data.constructor)
  })

  it('passes any 64-bit integers and any texts through exactly', async () => {
    const integers = await open(models.int64Model())
    const texts = await open(models.identityModel('string'))
    await fc.assert(
      fc.asyncProperty(fc.bigInt64Array({ minLength: 1 }), async (data) => {
        const { y } = await integers.run({ x: tensor('int64', [data.length, 1], data) })
        expect(y!.data).toEqual(data)
      }),
    )
    const text = fc.string({ unit: 'grapheme' }).filter((drawn) => !drawn.includes('\0'))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), async (data) => {
        const { y } = await texts.run({ x: tensor('string', [data.length, 1], data) })
        expect(y!.data).toEqual(data)
      }),
    )
  })

  it('takes views into larger buffers, at odd places too', async () => {
    for (const dtype of ['float32', 'int64', 'bool', 'float16'] as const) {
      const session = await open(models.identityModel(dtype, ['N']))
      const whole =
        dtype === 'float32'
          ? Float32Array.of(9, 1, 2, 9)
          : dtype === 'int64'
            ? BigInt64Array.of(9n, 1n, 2n, 9n)
            : dtype === 'bool'
              ? Uint8Array.of(1, 1, 0, 1)
              : Uint16Array.of(9, 1, 2, 9)
      const view = whole.subarray(1, 3)
      expect(view.byteOffset).toBe(bytesPerElement(dtype))
      const { y } = await session.run({ x: tensor(dtype, [2], view) })
      expect([...y!.data]).toEqual([...view])
    }
  })

  it('takes batches of nothing', async () => {
    const session = await open(models.linearModel())
    expect((await session.run({ x: tensor('float32', [0, 4], new Float32Array(0)) }))['y']).toEqual(
      tensor('float32', [0, 1], new Float32Array(0)),
    )
    const texts = await open(models.stringInputModel())
    expect((await texts.run({ word: tensor('string', [0, 1], []) }))['code']!.shape).toEqual([0, 1])
  })

  it('computes only the outputs that are asked for', async () => {
    const session = await open(models.twoOutputModel())
    const x = tensor('float32', [1, 2], Float32Array.of(1, 2))
    expect(Object.keys(await session.run({ x }))).toEqual(['sum', 'positive'])
    expect(await session.run({ x }, ['positive'])).toEqual({ positive: tensor('bool', [1, 1], Uint8Array.of(1)) })
    expect(await refusal(session.run({ x }, ['total']))).toMatchObject({
      code: 'OUTPUT_UNKNOWN',
      message: expect.stringContaining('`total`') as string,
    })
  })

  it('can be run again before the last run settled, each with its own answer', async () => {
    const session = await open(models.linearModel({ inputs: 1 }))
    const runs = Array.from({ length: 20 }, (_, index) => session.run({ x: tensor('float32', [1, 1], Float32Array.of(index * 10)) }))
    const answers = await Promise.all(runs)
    expect(answers.map((answer) => answer['y']!.data[0])).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })
})

describe('output data belongs to the caller', () => {
  const x = (): Tensor => tensor('float32', [2], Float32Array.of(1, 2))

  it('neither later runs nor later writes to the feed reach it', async () => {
    const session = await open(models.identityModel('float32', ['N']))
    const feed = x()
    const first = await session.run({ x: feed })
    feed.data[0] = 50
    await session.run({ x: tensor('float32', [2], Float32Array.of(8, 9)) })
    expect([...first['y']!.data]).toEqual([1, 2])
  })

  it('writing to it changes no constant of the graph, no other output and no later answer', async () => {
    const session = await open(
      buildModel({
        inputs: [value('x', 'float32', ['N'])],
        outputs: [
          value('same', 'float32', ['N', 1]),
          value('again', 'float32', ['N']),
          value('k', 'float32', [2]),
          value('kk', 'float32', [2]),
        ],
        initializers: [constant('k', 'float32', [2], [5, 6]), constant('axis', 'int64', [1], [1])],
        nodes: [node('Unsqueeze', ['x', 'axis'], ['same']), node('Identity', ['x'], ['again']), node('Identity', ['k'], ['kk'])],
      }),
    )
    const feed = x()
    const first = await session.run({ x: feed })
    for (const output of Object.values(first)) (output.data as Float32Array).fill(99)
    expect([...feed.data]).toEqual([1, 2])
    const second = await session.run({ x: feed })
    expect(Object.entries(second).map(([name, { data }]) => [name, ...data])).toEqual([
      ['same', 1, 2],
      ['again', 1, 2],
      ['k', 5, 6],
      ['kk', 5, 6],
    ])
  })

  it('an input that is also an output comes back as a copy', async () => {
    const session = await open(buildModel({ inputs: [value('x', 'float32', ['N'])], outputs: [value('x', 'float32', ['N'])], nodes: [] }))
    const feed = x()
    const answer = await session.run({ x: feed })
    feed.data[0] = 50
    expect([...answer['x']!.data]).toEqual([1, 2])
  })
})

describe('errors', () => {
  it('name the input with what was expected and received', async () => {
    const session = await open(models.linearModel())
    const wrongShape = await refusal(session.run({ x: tensor('float32', [1, 3], new Float32Array(3)) }))
    expect(wrongShape).toMatchObject({ code: 'RUN_FAILED', message: 'expected float32[?,4] for input `x`, received float32[1,3]' })
    expect(wrongShape.cause).toBeInstanceOf(Error)
    const wrongType = await refusal(session.run({ x: tensor('float64', [1, 4], new Float64Array(4)) }))
    expect(wrongType.message).toBe('expected float32[?,4] for input `x`, received float64[1,4]')
    const wrongRank = await refusal(session.run({ x: tensor('float32', [4], new Float32Array(4)) }))
    expect(wrongRank.message).toBe('expected float32[?,4] for input `x`, received float32[4]')
  })

  it('refuse what the engine would take wrongly: missing inputs, data of another length, texts with NUL', async () => {
    const session = await open(models.linearModel())
    expect(await refusal(session.run({}))).toMatchObject({ code: 'RUN_FAILED', message: 'input `x` (float32[?,4]) is missing' })
    for (const length of [3, 5]) {
      const error = await refusal(session.run({ x: tensor('float32', [1, 4], new Float32Array(length)) }))
      expect(error).toMatchObject({ code: 'RUN_FAILED', message: `input \`x\` has ${length} elements for the shape [1,4]` })
    }
    const texts = await open(models.stringInputModel())
    expect(await refusal(texts.run({ word: tensor('string', [1, 1], ['red\0x']) }))).toMatchObject({ code: 'RUN_FAILED' })
  })

  it('name the node that failed, and hold no value of the request', async () => {
    const session = await open(
      buildModel({
        inputs: [value('x', 'string', ['N'])],
        outputs: [value('y', 'float32', ['N'])],
        nodes: [{ ...node('Cast', ['x'], ['y'], { to: { int: 1 } }), name: '/layers.0/Cast' }],
      }),
    )
    const error = await refusal(session.run({ x: tensor('string', [1], ['my secret']) }))
    expect(error).toMatchObject({ code: 'RUN_FAILED', message: 'the model failed in node `/layers.0/Cast` (Cast)' })
  })

  it('of loading keep the reason and drop the path', async () => {
    const reasons: readonly (readonly [Uint8Array, RegExp])[] = [
      [models.linearModel().subarray(0, 60), /Protobuf parsing failed/u],
      [models.customOpModel(), /acme:Frobnicate/u],
      [buildModel({ irVersion: 99, inputs: [], outputs: [], nodes: [] }), /Unsupported model IR version: 99/u],
      [models.externalDataModel({ location: 'missing.bin' }).model, /missing\.bin/u],
      [models.externalDataModel({ location: '../../etc/passwd' }).model, /initializer: b/u],
      [models.identityModel('bfloat16'), /Unsupported data type/u],
    ]
    for (const [bytes, reason] of reasons) {
      const error = await refusal(open(bytes))
      expect(error).toMatchObject({ name: 'SlipwayError', code: 'ADMISSION_FAILED', message: expect.stringMatching(reason) as string })
      expect(error.message).not.toContain(folder)
      expect(error.message).not.toContain('onnxruntime_src')
    }
    const absent = await refusal(engine.open(join(folder, 'absent.onnx'), { threads: 1 }))
    expect(absent).toMatchObject({ code: 'FILE_UNKNOWN', message: 'the model file does not exist' })
  })
})

describe('close', () => {
  it('waits for the runs under way, refuses later ones, and may be called twice', async () => {
    const session = await open(models.linearModel())
    const running = session.run({ x: tensor('float32', [1, 4], new Float32Array(4)) })
    const closing = session.close()
    const late = await refusal(session.run({ x: tensor('float32', [1, 4], new Float32Array(4)) }))
    expect(late).toMatchObject({ code: 'RUN_FAILED', message: 'the session is closed' })
    expect([...(await running)['y']!.data]).toEqual([1])
    await closing
    await session.close()
  })

  it('lets go of a session whose run failed', async () => {
    const session = await open(models.linearModel())
    await refusal(session.run({}))
    await refusal(session.run({ x: tensor('float32', [1, 1], new Float32Array(1)) }))
    await session.close()
    expect(await refusal(session.run({}))).toMatchObject({ message: 'the session is closed' })
  })
})
