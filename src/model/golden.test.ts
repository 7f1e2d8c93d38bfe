import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as models from '../../test/fixtures/models.js'
import { openSession } from '../../test/fixtures/open-session.js'
import { systemClock } from '../core/clock.js'
import type { Fields } from '../core/field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from '../core/fields.js'
import { rowsToFrame } from '../core/frame-rows.js'
import { compileInputGuard } from '../guardrails/input-guard.js'
import { IssueLog } from '../guardrails/issue-log.js'
import { defineModel } from './define-model.js'
import type { ModelDefinition } from './definition.js'
import { deriveDefinition } from './derive.js'
import { exampleRows, examplesOf } from './example-rows.js'
import type { Golden } from './golden.js'
import { checkGolden, recordGolden } from './golden.js'
import { decodeValue, encodeValue } from './json-values.js'
import { createLocalExecutor } from './local-executor.js'
import type { Predictor } from './predictor.js'
import { createPredictor } from './predictor.js'

const fields: Fields = {
  n1: number(),
  n2: number({ min: 5 }),
  n3: number({ max: -3 }),
  n4: number({ min: 0.1, max: 0.2 }),
  n5: number({ optional: true }),
  i1: integer(),
  i2: integer({ min: 2n ** 60n }),
  i3: integer({ dtype: 'int8', min: -128, max: -120 }),
  i4: integer({ dtype: 'uint8', min: 250 }),
  i5: integer({ max: -5 }),
  c: category(['a', 'b', 'c']),
  t1: text(),
  t2: text({ minLength: 30, maxLength: 40 }),
  t3: text({ pattern: /^\d+$/ }),
  b: boolean(),
  at1: timestamp(),
  at2: timestamp({ max: '1999-12-31' }),
  x1: tensor({ dtype: 'float32', shape: [2, null], min: -1, max: 1 }),
  x2: tensor({ dtype: 'uint8', shape: [3] }),
  x3: tensor({ dtype: 'string', shape: [2] }),
  x4: tensor({ dtype: 'int64', shape: [2], max: 100 }),
}

describe('example rows', () => {
  it('pass the checks of their signature, the same every time, and are not all alike', () => {
    const rows = exampleRows(fields, 24)
    expect(exampleRows(fields, 24)).toEqual(rows)
    const { frame, issues } = rowsToFrame(fields, rows)
    const log = new IssueLog(issues)
    compileInputGuard(fields, { onFail: 'reject' })(frame, log)
    expect([...(log.byRow?.values() ?? [])].flat().map(({ message }) => message)).toEqual([])
    for (const name of ['n1', 'n4', 'i1', 'c', 't1', 'b', 'at1']) expect(new Set(rows.map((row) => row[name])).size).toBeGreaterThan(1)
    expect(rows.some((row) => !('n5' in row))).toBe(true)
  })

  it('are those of the definition, where it has some', () => {
    const base = { name: 'm', artifact: 'm.onnx', input: { x: number() }, output: { y: number() } }
    expect(examplesOf(defineModel({ ...base, examples: [{ x: 7 }] }) as unknown as ModelDefinition)).toEqual([{ x: 7 }])
    const gathering = defineModel({ ...base, gather: { t: { key: 'id', features: ['x'] } } })
    expect(Object.keys(examplesOf(gathering as unknown as ModelDefinition)[0] as object)).toEqual(['x'])
  })
})

describe('exact JSON', () => {
  it('gives back any value', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.double(),
        fc.bigInt(),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.date({ noInvalidDate: true }),
        fc.float32Array(),
        fc.float64Array(),
        fc.bigInt64Array(),
        fc.uint8Array(),
        fc.array(tie('value')),
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$number', '$array', '$object', 'data', '__proto__')), tie('value'), {
          noNullPrototype: true,
        }),
      ),
    })).value
    fc.assert(
      fc.property(value, (given) => {
        expect(decodeValue(JSON.parse(JSON.stringify(encodeValue(given))) as never)).toEqual(given)
      }),
      { numRuns: 200 },
    )
  })
})

async function load(definition: ModelDefinition, bytes: Uint8Array): Promise<Predictor> {
  const executor = createLocalExecutor(definition, await openSession(bytes), { clock: systemClock })
  const identity = { name: 'm', version: '1', digest: 'sha256:0' }
  return createPredictor({
    definition,
    identity,
    executor,
    clock: systemClock,
    ids: () => 'id',
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
}

function throughJson(golden: Golden): Golden {
  return JSON.parse(JSON.stringify(golden)) as Golden
}

describe('golden examples', () => {
  it('are reproduced by the version that made them, whatever its types', async () => {
    for (const bytes of [
      models.linearModel(),
      models.manyInputModel(),
      models.int64Model(),
      models.noBatchModel(),
      models.identityModel('float16', ['N', 3]),
      models.nanModel(),
    ]) {
      const session = await openSession(bytes)
      const definition = deriveDefinition('m', session.inputs, session.outputs)
      await session.close()
      const predictor = await load(definition, bytes)
      const golden = throughJson(await recordGolden(predictor, examplesOf(definition)))
      expect(golden.sources).toEqual(golden.rows.map(() => 'model'))
      expect(await checkGolden(predictor, golden, { tolerance: 0 })).toEqual([])
      await predictor.close()
    }
  })

  it('tell what differs', async () => {
    const definition = defineModel({
      name: 'm',
      artifact: 'm.onnx',
      input: { x: number() },
      output: { y: number({ max: 5 }) },
    }) as unknown as ModelDefinition
    const made = await load(definition, models.identityModel('float32'))
    const golden = throughJson(await recordGolden(made, [{ x: 1 }, { x: 3 }, { x: 9 }]))
    expect(golden.sources).toEqual(['model', 'model', 'none'])
    expect(golden.outputs).toEqual([{ y: 1 }, { y: 3 }, null])
    const other = await load(definition, models.linearModel({ inputs: 1 }))
    expect(await checkGolden(other, golden)).toEqual([
      {
        row: 0,
        field: 'y',
        message: expect.stringMatching(/^row 0, output `y`: expected 1, received 1\.1\d*, tolerance 0\.00001$/),
      },
      { row: 1, field: 'y', message: expect.stringContaining('expected 3, received 1.29') },
      { row: 2, field: null, message: 'row 2: expected an answer from none, received one from model' },
    ])
    expect(await checkGolden(other, golden, { tolerance: 0.2 })).toHaveLength(2)
    await Promise.all([made.close(), other.close()])
  })

  it('do not take infinity for close to anything', async () => {
    const definition = defineModel({
      name: 'm',
      artifact: 'm.onnx',
      input: { x: number() },
      output: { y: number({ allowNonFinite: true }) },
    })
    const predictor = await load(definition as unknown as ModelDefinition, models.identityModel('float32'))
    const golden = await recordGolden(predictor, [{ x: 1 }])
    const forged = { ...golden, outputs: [{ y: { $number: 'Infinity' } }] }
    expect(await checkGolden(predictor, forged, { tolerance: 1 })).toHaveLength(1)
    await predictor.close()
  })
})
