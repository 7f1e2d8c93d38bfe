import { SlipwayError } from './errors.js'
import type { Field, Fields } from './field.js'
import type { Column } from './frame.js'
import { columnsOf } from './frame-ops.js'
import type { GuardAction } from './issue.js'
import { IssueLog } from './issue-log.js'
import { placeholders } from './placeholder.js'
import type { InputFrame } from './prediction.js'
import { describeTensor, elementCount } from './tensor.js'
import type { Tensor } from './tensor.js'
import { closedShape } from './tensor-shape.js'
import { tensorToColumn } from './tensor-to-column.js'

/** A tensor of a request or an answer under its name. */
export interface NamedTensor {
  readonly name: string
  readonly tensor: Tensor
}

export interface TensorInputOptions {
  /** A tensor that the signature lacks: refused (when left out), or left unread. */
  readonly unknownFields?: 'reject' | 'ignore'
  /** What happens to rows whose field does not say; `reject` when left out. */
  readonly defaultAction?: GuardAction
  /** Fields that may be absent because they are looked up later. */
  readonly gatherable?: ReadonlySet<string>
}

/**
 * The rows that the tensors of a request hold, its first dimension: zero-copy where a tensor has the type of its column, else exactly widened.
 * What concerns the request as a whole throws: INPUT_UNKNOWN, INPUT_DUPLICATE, INPUT_MISSING, INPUT_DATATYPE and INPUT_SHAPE; what concerns a
 * row is an issue. In an optional `number` or `timestamp` that does not allow NaN, NaN is an absent value.
 */
export function tensorsToInputFrame(fields: Fields, tensors: readonly NamedTensor[], options: TensorInputOptions = {}): InputFrame {
  const given = byName(fields, tensors, options.unknownFields === 'ignore')
  const length = rowCount(given)
  const log = new IssueLog(options.defaultAction ?? 'reject')
  const entries = Object.entries(fields).map(([name, field]): readonly [string, Column] => {
    const tensor = given.get(name)
    if (tensor !== undefined) return [name, tensorToColumn(tensor, field, { name, log, required: !field.optional })]
    if (!field.optional && options.gatherable?.has(name) !== true) {
      throw new SlipwayError('INPUT_MISSING', `the tensor \`${name}\` is required`)
    }
    return [name, absentColumn(field, length)]
  })
  return { frame: { length, columns: columnsOf(entries) }, issues: log.snapshot() }
}

function byName(fields: Fields, tensors: readonly NamedTensor[], ignoreUnknown: boolean): ReadonlyMap<string, Tensor> {
  const given = new Map<string, Tensor>()
  for (const { name, tensor } of tensors) {
    if (!Object.hasOwn(fields, name)) {
      if (ignoreUnknown) continue
      throw new SlipwayError('INPUT_UNKNOWN', `the signature has no tensor ${JSON.stringify(name.slice(0, 64))}`)
    }
    if (given.has(name)) throw new SlipwayError('INPUT_DUPLICATE', `the tensor \`${name}\` is given twice`)
    given.set(name, tensor)
  }
  return given
}

function rowCount(given: ReadonlyMap<string, Tensor>): number {
  let rows: number | null = null
  for (const [name, tensor] of given) {
    const [length] = tensor.shape
    if (length === undefined)
      throw new SlipwayError('INPUT_SHAPE', `the tensor \`${name}\` has no dimension; the first one counts the rows`)
    if (elementCount(tensor.shape) !== tensor.data.length) {
      throw new SlipwayError(
        'INPUT_SHAPE',
        `the tensor \`${name}\` has ${tensor.data.length} elements, not those of ${describeTensor(tensor)}`,
      )
    }
    if (rows !== null && rows !== length) {
      throw new SlipwayError('INPUT_SHAPE', `the tensor \`${name}\` has ${length} rows, those before it ${rows}`)
    }
    rows = length
  }
  if (rows === null) throw new SlipwayError('INPUT_MISSING', 'the request has no tensor of the signature')
  return rows
}

function absentColumn(field: Field, length: number): Column {
  const shape = field.kind === 'tensor' ? closedShape(field.shape) : []
  return { dtype: field.dtype, shape, data: placeholders(field.dtype, length * elementCount(shape)), validity: new Uint8Array(length) }
}
