import { SlipwayError } from '../../../core/errors.js'
import type { Fields } from '../../../core/field.js'
import { rowOf } from '../../../core/frame-rows.js'
import type { NamedTensor } from '../../../core/oip.js'
import { tensorsToInputFrame } from '../../../core/oip.js'
import type { InputFrame } from '../../../core/prediction.js'
import type { Reply, RequestContext, ServedModel } from '../../../serving/data-plane.js'

/**
 * Sends the tensors of a request through a model: as columns where they are just those of the signature. Where some are absent or unknown,
 * row by row, since the definition says what that means: looked up in the feature store, optional, ignored, answered by a fallback, refused.
 */
export function submitTensors(model: ServedModel, tensors: readonly NamedTensor[], context: RequestContext): Promise<Reply> {
  const fields = model.info.signature.input
  const names = new Set(Object.keys(fields))
  const unknown = tensors.filter(({ name }) => !names.has(name)).map(({ name }) => name)
  const input = tensorsToInputFrame(fields, tensors, { unknownFields: 'ignore', gatherable: names })
  if (input.frame.length === 0) throw new SlipwayError('INPUT_SHAPE', 'the tensors have no rows: their first dimension is 0')
  if (unknown.length === 0 && tensors.length === names.size) return model.submitFrame(input, context)
  return submitRows(model, { input, fields, unknown }, context)
}

interface PartialInput {
  readonly input: InputFrame
  readonly fields: Fields
  readonly unknown: readonly string[]
}

function submitRows(model: ServedModel, { input, fields, unknown }: PartialInput, context: RequestContext): Promise<Reply> {
  const { frame, issues } = input
  return model.submit((builder) => {
    const first = builder.length
    for (let row = 0; row < frame.length; row++) {
      const values = rowOf(frame, row, fields)
      for (const name of unknown) Object.defineProperty(values, name, { value: null, enumerable: true })
      builder.appendRow(values)
    }
    for (const issue of issues) builder.addIssue({ ...issue, row: first + issue.row })
  }, context)
}
