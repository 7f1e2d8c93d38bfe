import { describe, expect, it } from 'vitest'
import type { TensorSpec } from '../core/tensor.js'
import { chooseIsolation } from './isolation.js'

const graph = { opset: {}, operators: {}, parameters: 0, hasLoop: false, sizeBytes: 1 }
const spec = (shape: readonly (number | null)[]): TensorSpec => ({ name: 'x', dtype: 'float32', shape })
const signature = { graphInputs: [spec([null, 4])], graphOutputs: [spec([null, 1])] }
const measured = { loadMs: 1, runMs: 0.1, engine: 'onnxruntime-node 1.30.0' }

describe('chooseIsolation', () => {
  it('runs short graphs inside the gateway', () => {
    expect(chooseIsolation('auto', { graph, measured, signature })).toBe('inline')
  })

  it('puts graphs that can iterate, that are slow, or that nobody measured into worker processes', () => {
    expect(chooseIsolation('auto', { graph: { ...graph, hasLoop: true }, measured, signature })).toBe('process')
    expect(chooseIsolation('auto', { graph, measured: { ...measured, runMs: 50 }, signature })).toBe('process')
    expect(chooseIsolation('auto', { graph, measured: null, signature })).toBe('process')
  })

  it('does not trust a measurement of small rows where rows may be larger', () => {
    const images = { graphInputs: [spec([null, 3, null, null])], graphOutputs: [spec([null, 2])] }
    expect(chooseIsolation('auto', { graph, measured, signature: images })).toBe('process')
  })

  it('does what it is told when it is told', () => {
    expect(chooseIsolation('inline', { graph: { ...graph, hasLoop: true }, measured, signature })).toBe('inline')
    expect(chooseIsolation('process', { graph, measured, signature })).toBe('process')
  })
})
