import type { ColumnContext } from './column-builder.js'
import { ColumnBuilder, nameOfValue } from './column-builder.js'
import { SlipwayError } from './errors.js'
import { copyElements, ElementBuffer } from './element-buffer.js'
import type { TensorField } from './field.js'
import type { Column } from './frame.js'
import type { NestedElements } from './json-elements.js'
import { readElements } from './json-elements.js'
import type { JsonReader } from './json-reader.js'
import { appendElements, isElementList } from './nested-values.js'
import { placeholder, placeholders } from './placeholder.js'
import { describeTensor, elementCount } from './tensor.js'
import { closedShape, fitShape } from './tensor-shape.js'

/**
 * One tensor a row. All rows of a frame have one shape: where the field leaves dimensions free, the first good row tells them, and a row of
 * another shape is INPUT_SHAPE.
 */
export class TensorColumn extends ColumnBuilder<TensorField> {
  protected readonly what: string
  readonly #buffer: ElementBuffer
  readonly #placeholder: unknown
  /** Shape of every row; null until a row tells it. */
  #shape: readonly number[] | null
  #size = 0
  /** The row that told the shape; -1 where the field itself does. */
  #toldBy = -1

  constructor(field: TensorField, context: ColumnContext) {
    super(field, context)
    this.what = `an array of ${describeTensor(field)}`
    this.#placeholder = placeholder(field.dtype)
    this.#shape = field.shape.includes(null) ? null : closedShape(field.shape)
    this.#size = this.#shape === null ? 0 : elementCount(this.#shape)
    this.#buffer = new ElementBuffer(field.dtype)
  }

  read(reader: JsonReader, row: number): void {
    if (this.field.schema !== null) return this.readWhole(reader, row)
    if (reader.peekByte() !== 91 && this.field.shape.length > 0) return this.readOther(reader, row)
    if (reader.peekByte() === 110) return this.readOther(reader, row)
    this.#room(row, row + 1)
    this.#keep(readElements(reader, this.#buffer), row)
  }

  protected take(value: unknown, row: number): boolean {
    if (!isElementList(value) && this.field.shape.length > 0) return this.refuseType(row, nameOfValue(value))
    this.#room(row, row + 1)
    return this.#keep(appendElements(value, this.#buffer), row)
  }

  /** Checks the elements just appended; good ones stay where they are. */
  #keep(found: NestedElements, row: number): boolean {
    const shape = found.issue === null ? fitShape(this.field.shape, found) : null
    if (found.issue !== null) return this.refuse(row, found.issue.code, `\`${this.name}\`: ${found.issue.message}`)
    if (shape === null) return this.#refuseShape(row, describeFound(found))
    if (this.#shape === null) this.#tell(shape, row)
    else if (!sameShape(this.#shape, shape)) return this.#refuseShape(row, `${describeFound(found)}, unlike the row before it`)
    this.present(row)
    return true
  }

  #refuseShape(row: number, received: string): false {
    return this.refuse(row, 'INPUT_SHAPE', `expected ${describeTensor(this.field)} for \`${this.name}\`, received ${received}`)
  }

  /** The first good row: its elements move behind the placeholders of the rows before it. */
  #tell(shape: readonly number[], row: number): void {
    this.#shape = shape
    this.#size = elementCount(shape)
    this.#toldBy = row
    if (row === 0) return
    const elements = this.#buffer.view(0, this.#size).slice() as object
    this.#room(0, row + 1)
    copyElements(elements, 0, this.#buffer.data as object, row * this.#size, this.#size)
    this.#fill(0, row)
  }

  protected blank(row: number): void {
    if (this.#shape === null) return
    this.#room(row, row + 1)
    this.#fill(row, row + 1)
  }

  protected copy(column: Column, count: number, row: number): void {
    const empty = count === 0 || (column.validity !== null && !column.validity.includes(1))
    if (this.#shape === null && !empty) {
      this.#shape = column.shape
      this.#size = elementCount(column.shape)
      this.#toldBy = row
      this.#room(0, row)
      this.#fill(0, row)
    }
    if (this.#shape === null) return
    if (sameShape(this.#shape, column.shape)) {
      this.#room(row, row + count)
      copyElements(column.data, 0, this.#buffer.data as object, row * this.#size, count * this.#size)
    } else if (empty) {
      this.#room(row, row + count)
      this.#fill(row, row + count)
    } else throw new SlipwayError('INPUT_SHAPE', `the rows of \`${this.name}\` differ in shape`)
  }

  truncate(rows: number): void {
    if (this.#toldBy < rows) return
    this.#shape = null
    this.#size = 0
    this.#toldBy = -1
  }

  reset(rows: number): void {
    this.#buffer.recycle(rows * this.#size)
    this.truncate(0)
    this.clearValidity()
  }

  build(rows: number): Column {
    if (this.#shape === null) {
      const shape = closedShape(this.field.shape)
      const data = placeholders(this.field.dtype, rows * elementCount(shape))
      return { dtype: this.field.dtype, shape, data, validity: this.validityView(rows) }
    }
    const data = this.#buffer.view(0, rows * this.#size)
    return { dtype: this.field.dtype, shape: this.#shape, data, validity: this.validityView(rows) }
  }

  /** Makes room for rows up to `end`, of which those before `row` are kept. */
  #room(row: number, end: number): void {
    this.#buffer.length = row * this.#size
    this.#buffer.reserve(end * this.#size)
  }

  #fill(from: number, to: number): void {
    ;(this.#buffer.data as unknown[]).fill(this.#placeholder, from * this.#size, to * this.#size)
  }
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i])
}

function describeFound(found: NestedElements): string {
  return found.ragged ? 'arrays of unequal length' : `shape [${found.shape.join(',')}]`
}
