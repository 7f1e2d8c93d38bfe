import { SlipwayError } from '../core/errors.js'
import type { Field, Fields } from '../core/field.js'
import type { Column, Columns } from '../core/frame.js'
import type { Tensor, TensorSpec } from '../core/tensor.js'
import { describeTensor } from '../core/tensor.js'
import type { BatchRule } from './batch-rule.js'
import { hasBatchDimension, outputRowShape } from './batch-rule.js'
import { refuseDefinition } from './definition-error.js'
import { matchOutputs } from './match-outputs.js'
import type { OutputMatch } from './match-outputs.js'

export interface DerivedPostprocess {
  /** Graph outputs that the run has to give. */
  readonly wanted: readonly string[]
  /** Tensors of a run -> output columns of `rows` rows. */
  run(tensors: Readonly<Record<string, Tensor>>, rows: number): Columns
}

/**
 * The postprocess step of a definition that has none: every output field is read from a graph output, as `matchOutputs` pairs them.
 * DEFINITION_INVALID when they cannot be paired.
 */
export function derivePostprocess(output: Fields, specs: readonly TensorSpec[], rule: BatchRule): DerivedPostprocess {
  const sources = specs.map((spec) => ({ spec, rowShape: outputRowShape(spec, rule) }))
  const matches = matchOutputs(output, sources)
  if (typeof matches === 'string') {
    const gives = specs.map((spec) => `\`${spec.name}\` ${describeTensor(spec)}`).join(', ')
    const shape = Object.keys(output).map((name) => `${name}: …`)
    refuseDefinition(
      'postprocess',
      `cannot be derived: ${matches}. The graph gives ${gives}; write postprocess: (tensors) => ({ ${shape.join(', ')} })`,
    )
  }
  return {
    wanted: [...new Set(matches.map((match) => match.spec.name))],
    run(tensors, rows) {
      const columns: Record<string, Column> = Object.create(null)
      for (const match of matches) columns[match.field] = readColumn(match, output[match.field]!, tensors, { rows, rule })
      return columns
    },
  }
}

interface Run {
  readonly rows: number
  readonly rule: BatchRule
}

function readColumn(match: OutputMatch, field: Field, tensors: Readonly<Record<string, Tensor>>, { rows, rule }: Run): Column {
  const tensor = tensors[match.spec.name]
  if (tensor === undefined) throw new SlipwayError('POSTPROCESS_FAILED', `the model gave no output \`${match.spec.name}\``)
  const batched = hasBatchDimension(match.spec, rule) || (match.spec.shape.length === 0 && rule.kind !== 'none')
  if (batched && tensor.shape[0] !== rows) {
    throw new SlipwayError(
      'POSTPROCESS_FAILED',
      `expected ${rows} rows of output \`${match.spec.name}\`, received ${describeTensor(tensor)}`,
    )
  }
  const rowShape = batched ? tensor.shape.slice(1) : tensor.shape
  return match.read(tensor, { field, rows, rowShape })
}
