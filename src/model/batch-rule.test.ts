import { describe, expect, it } from 'vitest'
import type { TensorSpec } from '../core/tensor.js'
import { batchRule, inputRowShape, outputRowShape } from './batch-rule.js'

type Shape = readonly (number | null)[]

function specs(...shapes: readonly Shape[]): TensorSpec[] {
  return shapes.map((shape) => spec(shape))
}

function spec(shape: Shape): TensorSpec {
  return { name: 't', dtype: 'float32', shape }
}

function ruleOf(inputs: readonly Shape[], outputs: readonly Shape[]): unknown {
  const rule = batchRule(specs(...inputs), specs(...outputs))
  return rule.kind === 'fixed' ? rule.rows : rule.kind
}

function outputRow(inputs: readonly Shape[], output: Shape): unknown {
  return outputRowShape(spec(output), batchRule(specs(...inputs), specs(output)))
}

describe('the batch rule', () => {
  it('is free where every first dimension is', () => {
    expect(ruleOf([[null, 4]], [[null, 2]])).toBe('free')
    expect(ruleOf([[null], [null, 3]], [[null]])).toBe('free')
  })

  it('does not trust an output of unknown shape to say otherwise', () => {
    expect(ruleOf([[null, 4]], [[]])).toBe('free')
    expect(outputRow([[null, 4]], [])).toBeNull()
  })

  it('is fixed where the inputs agree on a number and the outputs follow', () => {
    expect(ruleOf([[1, 3, 8, 8]], [[1, 10]])).toBe(1)
    expect(ruleOf([[4, 10]], [[4, 2]])).toBe(4)
    expect(
      ruleOf(
        [
          [1, 3],
          [null, 2],
        ],
        [[1, 1]],
      ),
    ).toBe(1)
  })

  it('is one row a run where only the outputs fix it', () => {
    expect(ruleOf([[null, 4]], [[1, 2]])).toBe(1)
    expect(outputRow([[null, 4]], [1, 2])).toEqual([2])
  })

  it('is none where there is doubt', () => {
    expect(ruleOf([[]], [[]])).toBe('none')
    expect(ruleOf([], [[1]])).toBe('none')
    expect(ruleOf([[4]], [[4]])).toBe('none')
    expect(ruleOf([[4, 10]], [[3]])).toBe('none')
    expect(ruleOf([[null, 4], []], [[null, 4]])).toBe('none')
    expect(ruleOf([[null]], [[768]])).toBe('none')
    expect(
      ruleOf(
        [
          [2, 3],
          [3, 3],
        ],
        [[2]],
      ),
    ).toBe('none')
  })

  it('takes the batch dimension off the shape of a row, where there is one', () => {
    const rule = batchRule(specs([1, 3, null]), specs([1, 10], [1000], [null, 7]))
    expect(inputRowShape(spec([1, 3, null]), rule)).toEqual([3, null])
    expect(specs([1, 10], [1000], [null, 7]).map((spec) => outputRowShape(spec, rule))).toEqual([[10], [1000], [null, 7]])
  })
})
