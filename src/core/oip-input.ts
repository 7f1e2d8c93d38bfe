import { SlipwayError } from './errors.js'
import type { ErrorCode } from './errors.js'
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
  /** A tensor that the signature lacks: a finding of every row (when left out), or left unread. */
  readonly unknownFields?: 'reject' | 'ignore'
  /** What happens to rows whose field does not say; `reject` when left out. */
  readonly defaultAction?: GuardAction
  /** Fields that may be absent because they are looked up later. */
  readonly gatherable?: ReadonlySet<string>
}

/**
 * The rows that the tensors of a request hold, its first dimension: zero-copy where a tensor has the type of its column, else exactly widened.
 * What concerns the request as a whole throws: INPUT_UNKNOWN, INPUT_DUPLICATE, INPUT_MISSING, INPUT_DATATYPE and INPUT_SHAPE; what concerns a
 * row is an issue, and so is a tensor unknown or missing where that does not mean that every row is refused. In a `number` or `timestamp` that
 * may be absent and does not allow NaN, NaN is an absent value.
 */
export function tensorsToInputFrame(fields: Fields, tensors: readonly NamedTensor[], options: TensorInputOptions = {}): InputFrame {
  const { unknownFields = 'reject', defaultAction = 'reject', gatherable } = options
  const { given, unknown } = byName(fields, tensors)
  const foreign = unknownFields === 'reject' ? unknown : null
  const length = given.size === 0 && foreign !== null ? 0 : rowCount(given)
  const log = new IssueLog(defaultAction)
  const noteEveryRow = (code: ErrorCode, name: string | null, message: string): void => {
    const field = name === null ? null : fields[name]!
    if (length === 0 || (field?.onFail ?? defaultAction) === 'reject') throw new SlipwayError(code, message)
    for (let row = 0; row < length; row++) log.add(row, code, name, field, message)
  }
  if (foreign !== null) noteEveryRow('INPUT_UNKNOWN', null, `the signature has no tensor ${JSON.stringify(foreign.slice(0, 64))}`)
  const entries = Object.entries(fields).map(([name, field]): readonly [string, Column] => {
    const tensor = given.get(name)
    const required = !field.optional && gatherable?.has(name) !== true
    if (tensor !== undefined) return [name, tensorToColumn(tensor, field, { name, log, required })]
    if (required) noteEveryRow('INPUT_MISSING', name, `the tensor \`${name}\` is required`)
    return [name, absentColumn(field, length)]
  })
  return { frame: { length, columns: columnsOf(entries) }, issues: log.snapshot() }
}

interface GivenTensors {
  readonly given: ReadonlyMap<string, Tensor>
  /** The first tensor that the signature lacks; null when it has them all. */
  readonly unknown: string | null
}

function byName(fields: Fields, tensors: readonly NamedTensor[]): GivenTensors {
  const given = new Map<string, Tensor>()
  let unknown: string | null = null
  for (const { name, tensor } of tensors) {
    if (!Object.hasOwn(fields, name)) unknown ??= name
    else if (given.has(name)) throw new SlipwayError('INPUT_DUPLICATE', `the tensor \`${name}\` is given twice`)
    else given.set(name, tensor)
  }
  return { given, unknown }
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
