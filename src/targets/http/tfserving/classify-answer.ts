import { cellText } from '../../../core/cell-text.js'
import type { DType } from '../../../core/dtype.js'
import { isFloat } from '../../../core/dtype.js'
import { SlipwayError } from '../../../core/errors.js'
import type { Field, Fields } from '../../../core/field.js'
import { elementWriter, stringText } from '../../../core/json-writer.js'
import { elementCount } from '../../../core/tensor.js'
import type { Reply, ServedModel } from '../../../serving/data-plane.js'
import { listText } from '../rows/row-text.js'

/**
 * `{"results":[[["label",score],…],…]}`. The key is that of the code (kClassifyRegressResponseKey in http_rest_api_util.cc); the document says
 * `result`. Scores are the model's output with class labels, else its only vector of floats, else a single number.
 */
export function classifyAnswer(reply: Reply, { info }: ServedModel): string {
  const [name, field] = scoresOf(info.signature.output)
  const column = reply.prediction.frame.columns[name]!
  const size = elementCount(column.shape)
  const write = elementWriter(column.dtype as DType, 'literal')
  const labels = field.kind === 'tensor' ? field.labels : undefined
  const classes = (row: number): string => {
    const first = (reply.start + row) * size
    const pairs = Array.from({ length: size }, (_, i) => `[${stringText(labelOf(i, size, labels))},${write(column.data[first + i])}]`)
    return `[${pairs.join(',')}]`
  }
  return `{"results":${listText(reply, classes)}}`
}

/** `{"results":[v,…]}`: the model's only number. */
export function regressAnswer(reply: Reply, { info }: ServedModel): string {
  const numbers = Object.entries(info.signature.output).filter(([, field]) => isSingleNumber(field))
  const [only] = numbers
  if (only === undefined || numbers.length > 1) throw unfit('regress', 'its outputs are not a single number')
  const column = reply.prediction.frame.columns[only[0]]!
  const value = (row: number): string => cellText({ ...column, shape: [] }, reply.start + row, 'literal')
  return `{"results":${listText(reply, value)}}`
}

function scoresOf(outputs: Fields): readonly [string, Field] {
  const entries = Object.entries(outputs)
  const labelled = entries.find(([, field]) => field.kind === 'tensor' && field.labels !== undefined)
  const vectors = entries.filter(([, field]) => field.kind === 'tensor' && field.shape.length === 1 && isFloat(field.dtype))
  const numbers = entries.filter(([, field]) => field.kind === 'number')
  const found = labelled ?? (vectors.length === 1 ? vectors[0] : undefined) ?? (numbers.length === 1 ? numbers[0] : undefined)
  if (found === undefined) throw unfit('classify', 'none of its outputs holds the scores of classes')
  return found
}

function labelOf(index: number, size: number, labels: readonly string[] | undefined): string {
  return labels?.[index] ?? (size === 1 ? '' : String(index))
}

function isSingleNumber(field: Field): boolean {
  if (field.kind === 'number' || field.kind === 'integer') return true
  return field.kind === 'tensor' && field.dtype !== 'string' && field.shape.every((size) => size === 1)
}

function unfit(call: string, why: string): SlipwayError {
  return new SlipwayError('INVALID_REQUEST', `the model can not be asked to ${call}: ${why}; use predict`)
}
