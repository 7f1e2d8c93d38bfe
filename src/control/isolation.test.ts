import { describe, expect, it } from 'vitest'
import { chooseIsolation } from './isolation.js'

const graph = { opset: {}, operators: {}, parameters: 0, hasLoop: false, sizeBytes: 1 }
const measured = { loadMs: 1, runMs: 0.1, engine: 'onnxruntime-node 1.30.0' }

describe('chooseIsolation', () => {
  it('runs short graphs inside the gateway', () => {
    expect(chooseIsolation('auto', { graph, measured })).toBe('inline')
  })

  it('puts graphs that can iterate, that are slow, or that nobody measured into worker processes', () => {
    expect(chooseIsolation('auto', { graph: { ...graph, hasLoop: true }, measured })).toBe('process')
    expect(chooseIsolation('auto', { graph, measured: { ...measured, runMs: 50 } })).toBe('process')
    expect(chooseIsolation('auto', { graph, measured: null })).toBe('process')
  })

  it('does what it is told when it is told', () => {
    expect(chooseIsolation('inline', { graph: { ...graph, hasLoop: true }, measured })).toBe('inline')
    expect(chooseIsolation('process', { graph, measured })).toBe('process')
  })
})
