import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as models from '../../test/fixtures/models.js'
import { SlipwayError } from '../core/errors.js'
import { inspectModel } from './inspect.js'
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto } from './proto/onnx_pb.js'
import { stripZipMap } from './strip-zip-map.js'
import { join } from './wire-writer.js'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

/** Models of many kinds: our own fixtures, and those that scikit-learn's and PyTorch's exporters wrote for the examples. */
const corpus: readonly Uint8Array[] = [
  models.linearModel(),
  models.manyInputModel(),
  models.zipMapModel(),
  models.zipMapModel({ labels: 'string' }),
  models.loopModel(),
  models.imageModel({ dynamic: true }),
  models.externalDataModel().model,
  models.customOpModel(),
  ...readdirSync(examples, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.onnx') && !file.includes('node_modules'))
    .map((file) => new Uint8Array(readFileSync(resolve(examples, file)))),
]

/** An index, so that a failing case is not printed as a quarter of a million bytes. */
const anyModel = fc.nat({ max: corpus.length - 1 })

/** A change to one place. The head is hit often, since that is where structure is, and many changes keep the length, so that some survive. */
const edit = fc
  .record({
    at: fc.oneof(fc.nat({ max: 400 }), fc.nat()),
    remove: fc.nat({ max: 12 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.constantFrom(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1), Uint8Array.of(128), Uint8Array.of(0)),
    ),
    keepsLength: fc.boolean(),
  })
  .map(({ keepsLength, ...change }) => (keepsLength ? { ...change, remove: change.insert.length } : change))

const byteEdit = fc.record({ at: fc.nat({ max: 400 }), remove: fc.constant(1), insert: fc.uint8Array({ minLength: 1, maxLength: 1 }) })

const edits = fc.oneof(fc.array(byteEdit, { minLength: 1, maxLength: 2 }), fc.array(edit, { minLength: 1, maxLength: 5 }))

function mutate(bytes: Uint8Array, changes: readonly { at: number; remove: number; insert: Uint8Array }[]): Uint8Array {
  let mutated = bytes
  for (const { at, remove, insert } of changes) {
    const start = at % (mutated.length + 1)
    mutated = join([mutated.subarray(0, start), insert, mutated.subarray(Math.min(start + remove, mutated.length))])
  }
  return mutated
}

/** The answer, or null where the file was refused as it should be. Anything else that is thrown fails the test. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof SlipwayError && ['ARTIFACT_INVALID', 'ARTIFACT_LIMIT'].includes(thrown.code)) return null
    throw thrown
  }
}

describe('inspectModel on damaged files', () => {
  it('answers or refuses by name, for any change to a real model', () => {
    const property = fc.property(anyModel, edits, (model, changes) => {
      attempt(() => inspectModel(mutate(corpus[model]!, changes)))
    })
    expect(counterexample(property)).toBeNull()
  })

  it('answers or refuses by name, for any bytes at all', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      attempt(() => inspectModel(bytes))
    })
    expect(counterexample(property)).toBeNull()
  })

  it('refuses every truncation, but where only whole fields of the model are missing', () => {
    for (const model of corpus.filter((bytes) => bytes.length < 2000)) {
      const { operators } = inspectModel(model)
      const cuts = Array.from(model, (_, length) => attempt(() => inspectModel(model.subarray(0, length))))
      for (const info of cuts.filter((info) => info !== null)) expect(info.operators).toEqual(operators)
    }
  })

  it('sees the operators and outputs that a full protobuf decoder sees, or refuses', () => {
    let compared = 0
    const property = fc.property(anyModel, edits, (model, changes) => {
      const bytes = mutate(corpus[model]!, changes)
      const info = attempt(() => inspectModel(bytes))
      const decoded = decode(bytes)
      if (info === null || decoded === null) return
      compared++
      expect(info.operators).toEqual(operatorsOf(decoded.graph!))
      const names = new Set([...info.outputs, ...info.unsupported.filter((value) => value.role === 'output')].map((output) => output.name))
      expect(names).toEqual(new Set(decoded.graph!.output.map((output) => output.name)))
    })
    expect(counterexample(property)).toBeNull()
    expect(compared).toBeGreaterThan(100)
  })

  it('rewrites a damaged ZipMap model into one that can be read, or refuses', () => {
    const zipMaps = fc.constantFrom(models.zipMapModel(), models.zipMapModel({ labels: 'string' }))
    const property = fc.property(zipMaps, edits, (model, changes) => {
      const stripped = attempt(() => stripZipMap(mutate(model, changes)))
      return stripped === null || inspectModel(stripped).zipMaps.length === 0
    })
    expect(counterexample(property)).toBeNull()
  })
})

/** What fast-check says of the first case in which `property` does not hold; null where it held every time. */
function counterexample<T>(property: fc.IPropertyWithHooks<T>): string | null {
  const run = fc.check(property, { numRuns: 2000 })
  return run.failed ? (fc.defaultReportMessage(run) ?? 'failed') : null
}

/** The whole file decoded, or null where it has damage in a place that the scan steps over and no engine would load. */
function decode(bytes: Uint8Array): ModelProto | null {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch {
    return null
  }
}

function operatorsOf(graph: GraphProto): Record<string, number> {
  const counts = new Map<string, number>()
  const visit = (node: NodeProto): void => {
    const name = `${node.domain === '' ? 'ai.onnx' : node.domain}:${node.opType}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
    for (const attribute of node.attribute) {
      for (const inner of [...(attribute.g === undefined ? [] : [attribute.g]), ...attribute.graphs]) inner.node.forEach(visit)
    }
  }
  graph.node.forEach(visit)
  return Object.fromEntries(counts)
}
