import type { Fields } from '../core/field.js'
import type { FrameOf } from '../core/field-types.js'
import { SlipwayError } from '../core/errors.js'
import type { ErrorCode } from '../core/errors.js'
import type { Columns, Frame } from '../core/frame.js'
import type { Tensor, TensorSpec } from '../core/tensor.js'
import type { BatchRule } from './batch-rule.js'
import { batchRule } from './batch-rule.js'
import type { FallbackModel, ModelDefinition } from './definition.js'
import { detach } from './detach.js'
import { derivePostprocess } from './derive-postprocess.js'
import { derivePreprocess } from './derive-preprocess.js'
import type { Feeds } from './feeds.js'
import { toFeeds } from './feeds.js'
import { toColumns } from './output-columns.js'

/** What an executor needs of a definition. */
export type ExecutableDefinition = Pick<ModelDefinition, 'input' | 'output' | 'gather' | 'preprocess' | 'postprocess'>

/** How frames become runs of one graph, and runs become output columns. */
export interface ExecutionPlan {
  readonly rule: BatchRule
  /** Graph outputs that a run has to give; undefined for all. */
  readonly wanted: readonly string[] | undefined
  /** A frame of the rows of one run as feeds. Throws a SlipwayError. */
  preprocess(frame: Frame): Feeds
  /** The tensors of a run as output columns, a row each row of the frame. Throws a SlipwayError. */
  postprocess(tensors: Readonly<Record<string, Tensor>>, frame: Frame): Columns
}

/**
 * Fits a definition to its graph: its own preprocess and postprocess, or those derived where it has none.
 * DEFINITION_INVALID when they cannot be derived.
 */
export function planExecution(
  definition: ExecutableDefinition,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): ExecutionPlan {
  const rule = batchRule(inputs, outputs)
  return { rule, preprocess: preprocessOf(definition, inputs, rule), ...postprocessOf(definition, outputs, rule) }
}

/** The definition of a fallback model: the same signature with steps of its own. */
export function fallbackDefinition(definition: ModelDefinition, step: FallbackModel<Fields, Fields>): ExecutableDefinition {
  return { ...definition, preprocess: step.preprocess ?? null, postprocess: step.postprocess ?? null }
}

function preprocessOf(
  { preprocess, input, gather }: ExecutableDefinition,
  specs: readonly TensorSpec[],
  rule: BatchRule,
): ExecutionPlan['preprocess'] {
  if (preprocess === null) return derivePreprocess({ input, keys: new Set(Object.values(gather).map(({ key }) => key)), specs, rule })
  return (frame) => {
    const given = attempt('PREPROCESS_FAILED', 'preprocess', () => preprocess(frame as FrameOf<Fields>))
    return toFeeds(given, specs, rule.kind === 'none' ? null : frame.length)
  }
}

function postprocessOf(
  { postprocess, output }: ExecutableDefinition,
  specs: readonly TensorSpec[],
  rule: BatchRule,
): Pick<ExecutionPlan, 'wanted' | 'postprocess'> {
  if (postprocess === null) {
    const derived = derivePostprocess(output, specs, rule)
    return { wanted: derived.wanted, postprocess: (tensors, frame) => derived.run(tensors, frame.length) }
  }
  return {
    wanted: undefined,
    postprocess: (tensors, frame) => {
      const given = attempt('POSTPROCESS_FAILED', 'postprocess', () => postprocess(tensors, frame as FrameOf<Fields>))
      return detach(toColumns(given, output, frame.length), frame)
    },
  }
}

/** Calls a function of the definition. What it throws stays in the log, unless it chose its own SlipwayError. */
function attempt<T>(code: ErrorCode, step: string, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    if (cause instanceof SlipwayError) throw cause
    throw new SlipwayError(code, `the ${step} function of the definition threw`, { cause })
  }
}
