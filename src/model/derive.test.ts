import { afterEach, describe, expect, it } from 'vitest'
import * as models from '../../test/fixtures/models.js'
import { openSession } from '../../test/fixtures/open-session.js'
import { stripZipMap } from '../artifact/strip-zip-map.js'
import type { DType } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import { frameToRows, rowsToFrame } from '../core/frame-rows.js'
import { boolean, category, integer, number, tensor, text, timestamp } from '../core/fields.js'
import type { FieldsLike } from '../core/field-types.js'
import type { ModelSession } from '../core/ports.js'
import { defineModel } from './define-model.js'
import type { ModelDefinition } from './definition.js'
import { deriveDefinition } from './derive.js'
import { createLocalExecutor } from './local-executor.js'
import { planExecution } from './execution-plan.js'

const clock = { now: () => Date.now(), monotonic: () => performance.now() }
const sessions: ModelSession[] = []

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()))
})

async function open(bytes: Uint8Array): Promise<ModelSession> {
  const session = await openSession(bytes)
  sessions.push(session)
  return session
}

async function answers(definition: ModelDefinition, session: ModelSession, rows: readonly unknown[]): Promise<unknown[]> {
  const { frame, issues } = rowsToFrame(definition.input, rows)
  expect(issues).toEqual([])
  const execution = await createLocalExecutor(definition, session, { clock }).execute(frame, {})
  return frameToRows(execution.frame, definition.output)
}

async function derived(bytes: Uint8Array, rows: readonly unknown[], classLabels?: readonly string[]): Promise<unknown[]> {
  const session = await open(bytes)
  return answers(deriveDefinition('m', session.inputs, session.outputs, { classLabels: classLabels ?? null }), session, rows)
}

describe('a definition derived from a graph', () => {
  it('has a tensor for many features, and gives a single output as a number', async () => {
    expect(await derived(models.linearModel(), [{ x: [1, 1, 1, 1] }, { x: [0, 0, 0, 10] }])).toEqual([{ y: 2 }, { y: 5 }])
  })

  it('has a field for each of several inputs, under the names and types of the graph', async () => {
    const session = await open(models.manyInputModel())
    const definition = deriveDefinition('m', session.inputs, session.outputs)
    expect(Object.entries(definition.input).map(([name, field]) => [name, field.kind, field.dtype])).toEqual([
      ['amount', 'number', 'float64'],
      ['count', 'integer', 'int64'],
      ['member', 'boolean', 'bool'],
      ['country', 'text', 'string'],
    ])
    const rows = [
      { amount: 0.5, count: 2, member: true, country: 'FR' },
      { amount: 1, count: 3, member: false, country: 'XX' },
    ]
    expect(await answers(definition, session, rows)).toEqual([{ score: 23.5 }, { score: 4 }])
  })

  it('reads texts and 64-bit integers whole', async () => {
    expect(await derived(models.stringInputModel(), [{ word: 'blue' }, { word: 'grün' }])).toEqual([{ code: 2 }, { code: -1 }])
    expect(await derived(models.int64Model(), [{ x: 2n ** 63n - 1n }, { x: -7 }])).toEqual([{ y: 2n ** 63n - 1n }, { y: -7 }])
  })

  it('gives the label and the named probabilities of a classifier', async () => {
    const bytes = stripZipMap(models.zipMapModel({ labels: 'string' }))
    const session = await open(bytes)
    const definition = deriveDefinition('m', session.inputs, session.outputs, { classLabels: ['low', 'mid', 'high'] })
    const [label, scores] = Object.values(definition.output)
    expect(label).toMatchObject({ kind: 'category', categories: ['low', 'mid', 'high'] })
    expect(scores).toMatchObject({ kind: 'tensor', shape: [3], labels: ['low', 'mid', 'high'] })
    const [answer] = (await answers(definition, session, [{ x: [9, 0] }])) as [Record<string, unknown>]
    expect(answer['output_label']).toBe('low')
  })

  it('leaves the size of an image free where the graph does', async () => {
    const session = await open(models.imageModel({ dynamic: true }))
    const definition = deriveDefinition('m', session.inputs, session.outputs)
    expect(definition.input['image']).toMatchObject({ kind: 'tensor', shape: [3, null, null] })
    const image = [1, 2, 3].map((value) => [
      [value, value],
      [value, value],
    ])
    expect(await answers(definition, session, [{ image }])).toEqual([{ logits: Float32Array.of(3, 5) }])
  })

  it('runs a graph without a batch dimension row by row', async () => {
    expect(await derived(models.noBatchModel(), [{ x: [1, 2, 3, 4] }, { x: [0, 0, 0, 5] }])).toEqual([
      { y: Float32Array.of(2, 4, 6, 8) },
      { y: Float32Array.of(0, 0, 0, 10) },
    ])
    expect(await derived(models.countingModel(3), [{ x: 1 }, { x: 2 }])).toEqual([{ y: 4 }, { y: 5 }])
  })

  it('pads to a fixed batch and drops the padding', async () => {
    expect(await derived(models.fixedBatchModel(), [{ x: [1, 1, 1, 1] }, { x: [1, 0, 0, 0] }])).toEqual([{ y: 4 }, { y: 1 }])
    expect(
      await derived(
        models.identityModel('float32', [4, 2]),
        Array.from({ length: 6 }, (_, i) => ({ x: [i, -i] })),
      ),
    ).toEqual(Array.from({ length: 6 }, (_, i) => ({ y: Float32Array.of(i, -i) })))
  })

  it.each<DType>(['uint8', 'int8', 'int16', 'uint16', 'int32', 'uint32', 'uint64', 'float16', 'float64', 'bool', 'string'])(
    'passes %s through unharmed',
    async (dtype) => {
      const value = dtype === 'bool' ? true : dtype === 'string' ? 'ä' : dtype === 'float16' || dtype === 'float64' ? 0.25 : 100
      expect(await derived(models.identityModel(dtype), [{ x: value }])).toEqual([{ y: value }])
      expect(await derived(models.identityModel(dtype, ['N']), [{ x: value }])).toEqual([{ y: value }])
    },
  )

  it('lets NaN through, and refuses a number that the graph would make infinite', async () => {
    expect(await derived(models.identityModel('float32'), [{ x: Number.NaN }])).toEqual([{ y: Number.NaN }])
    await expect(derived(models.identityModel('float32'), [{ x: 1e39 }])).rejects.toThrow(
      expect.objectContaining({ code: 'INPUT_RANGE', message: expect.stringContaining('1e+39') }),
    )
  })
})

describe('preprocess derived for the fields of a definition', () => {
  async function run(bytes: Uint8Array, input: FieldsLike, rows: readonly unknown[]): Promise<unknown[]> {
    const session = await open(bytes)
    return answers(defineModel({ name: 'm', artifact: 'm.onnx', input, output: { y: number({ allowNonFinite: true }) } }), session, rows)
  }

  it('puts the fields side by side where the graph takes one tensor', async () => {
    const input = { a: number(), b: boolean(), c: tensor({ dtype: 'float64', shape: [2] }) }
    expect(await run(models.linearModel(), input, [{ a: 1, b: true, c: [10, 100] }])).toEqual([{ y: expect.closeTo(44.3, 4) }])
  })

  it('casts integers exactly or not at all', async () => {
    const input = { a: integer() }
    expect(await run(models.linearModel({ inputs: 1 }), input, [{ a: 30 }])).toEqual([{ y: 4 }])
    await expect(run(models.linearModel({ inputs: 1 }), input, [{ a: 2n ** 53n + 1n }])).rejects.toThrow(
      /fits the graph's float32 for input `a`, received 9007199254740993/,
    )
    await expect(run(models.identityModel('int32'), { x: integer() }, [{ x: 2 ** 31 }])).rejects.toThrow(/fits the graph's int32/)
  })

  it('gives absent numbers as NaN and absent texts as the empty text', async () => {
    const rows = [{ x: 1 }, {}]
    expect(await run(models.identityModel('float32'), { x: number({ optional: true }) }, rows)).toEqual([{ y: 1 }, { y: Number.NaN }])
    expect(await run(models.identityModel('float32'), { x: integer({ optional: true }) }, rows)).toEqual([{ y: 1 }, { y: Number.NaN }])
    const session = await open(models.identityModel('string'))
    const output = { y: text() }
    const definition = defineModel({ name: 'm', artifact: 'm.onnx', input: { x: text({ optional: true }) }, output })
    expect(await answers(definition, session, [{ x: 'a' }, {}])).toEqual([{ y: 'a' }, { y: '' }])
  })

  it('leaves out the key of gather', async () => {
    const session = await open(models.linearModel({ inputs: 1 }))
    const definition = defineModel({
      name: 'm',
      artifact: 'm.onnx',
      input: { a: number() },
      output: { y: number() },
      gather: { table: { key: 'id', features: ['a'] } },
    })
    expect(await answers(definition, session, [{ a: 10, id: 'k' }])).toEqual([{ y: 2 }])
  })

  it.each<[string, FieldsLike, Uint8Array, RegExp]>([
    ['too few elements', { a: number() }, models.linearModel(), /1 elements a row.*`x` is float32\[\?,4\]/],
    [
      'texts for numbers',
      { a: text(), b: number(), c: number(), d: number() },
      models.linearModel(),
      /`a` is a text, the graph takes float32/,
    ],
    ['fractions for integers', { x: number() }, models.int64Model(), /`x` may have fractions.*integer\(\)/],
    ['an absent integer', { x: integer({ optional: true }) }, models.int64Model(), /`x` is optional/],
    ['times for float32', { x: timestamp() }, models.identityModel('float32'), /`x` is a timestamp/],
    ['a missing name', { amount: number(), count: integer() }, models.manyInputModel(), /no field named `member`/],
    ['a shape that differs', { image: tensor({ dtype: 'float32', shape: [3, 4, 4] }) }, models.imageModel(), /\[3,4,4\] a row/],
  ])('refuses %s, and says how to write it', async (_, input, bytes, message) => {
    const session = await open(bytes)
    const definition = defineModel({ name: 'm', artifact: 'm.onnx', input, output: { y: number() } })
    expect(() => planExecution(definition, session.inputs, session.outputs)).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringMatching(message) }),
    )
    expect(() => planExecution(definition, session.inputs, session.outputs)).toThrow(/write preprocess: \(frame\) => \(\{ /)
  })
})

describe('postprocess derived for the outputs of a definition', () => {
  async function run(bytes: Uint8Array, output: FieldsLike, rows: readonly unknown[]): Promise<unknown[]> {
    const session = await open(bytes)
    const input = { x: tensor({ dtype: 'float32', shape: [2] }) }
    return answers(defineModel({ name: 'm', artifact: 'm.onnx', input, output }), session, rows)
  }
  const rows = [{ x: [2, 3] }, { x: [-2, 1] }]

  it('goes by name, and asks the graph only for what is wanted', async () => {
    expect(await run(models.twoOutputModel(), { positive: boolean() }, rows)).toEqual([{ positive: true }, { positive: false }])
    const session = await open(models.twoOutputModel())
    const definition = defineModel({
      name: 'm',
      artifact: 'm.onnx',
      input: { x: tensor({ dtype: 'float32', shape: [2] }) },
      output: { sum: number() },
    })
    expect(planExecution(definition, session.inputs, session.outputs).wanted).toEqual(['sum'])
  })

  it('goes by order where the names differ', async () => {
    const output = { total: number(), good: boolean() }
    expect(await run(models.twoOutputModel(), output, rows)).toEqual([
      { total: 5, good: true },
      { total: -1, good: false },
    ])
  })

  it('goes by type where the order differs', async () => {
    const output = { good: boolean(), total: number() }
    expect(await run(models.twoOutputModel(), output, rows)).toEqual([
      { good: true, total: 5 },
      { good: false, total: -1 },
    ])
  })

  it('takes one tensor apart into several fields', async () => {
    expect(await run(models.identityModel('float32', ['N', 2]), { low: number(), high: number() }, rows)).toEqual([
      { low: 2, high: 3 },
      { low: -2, high: 1 },
    ])
  })

  it('reads a category from an integer label: by name where the names are numbers, else by place', async () => {
    const bytes = stripZipMap(models.zipMapModel())
    const numbered = { kind: category(['3', '5', '8']) }
    expect(await run(bytes, numbered, rows)).toEqual([{ kind: '5' }, { kind: '5' }])
    expect(await run(models.stringInputModel(), { y: text() }, []).catch((error: SlipwayError) => error.code)).toBe('DEFINITION_INVALID')
  })

  it('refuses what could come from several outputs, and says how to write it', async () => {
    const failure = run(models.twoOutputModel(), { why: text() }, rows)
    await expect(failure).rejects.toThrow(/output `why`, a text, could not be found among `sum`, `positive`.*write postprocess: /)
  })
})
