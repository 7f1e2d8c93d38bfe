import type { Data, Field, RecordBatch, Schema } from 'apache-arrow'
import { SlipwayError } from '../../core/errors.js'
import type { Fields } from '../../core/field.js'
import { columnsOf } from '../../core/frame-ops.js'
import type { RowPolicy } from '../../core/frame-builder.js'
import type { InputFrame } from '../../core/prediction.js'
import type { OutputBatch, OutputColumn } from '../../core/table.js'
import { BatchDecoder } from './batch-decoder.js'
import { columnReader, type ColumnReader } from './column-reader.js'
import type { Arrow } from './load-arrow.js'
import { loadArrow } from './load-arrow.js'
import { readMessages, type StreamMessage } from './messages.js'
import { outputData } from './output-data.js'
import { outputType } from './output-types.js'
import { selectData } from './select-rows.js'
import { StreamWriter, type WriteBytes } from './stream-writer.js'

/** What is read of each batch, and what is written for it. */
export interface ArrowPlan {
  readonly fields: Fields
  readonly policy: RowPolicy
  /** Columns of the stream that are written as they are; `*` for all. */
  readonly pass: readonly string[] | '*'
  /** Columns that follow them. */
  readonly output: readonly OutputColumn[]
}

/** One record batch of the stream. */
export interface ArrowBatch {
  readonly length: number
  /** Rows as the model takes them. Typed columns may be views of the batch. */
  frame(start: number, count: number): InputFrame
  /** Writes one record batch: the passed columns of the rows of `output`, then its own. */
  answer(output: OutputBatch): Promise<void>
}

/** An Arrow stream in, another one out, a batch for a batch. */
export interface ArrowPipe {
  /** Names of the columns that come in. */
  readonly columns: readonly string[]
  /** Checks the plan against the stream and writes the schema of what comes out. SOURCE_SCHEMA when an input is absent or cannot be right. */
  start(plan: ArrowPlan): Promise<void>
  /** Batches as they come; each is to be answered before the next. SOURCE_INVALID when the stream is damaged or breaks off. */
  batches(): AsyncIterable<ArrowBatch>
  /** Writes the end marker: what came out is whole. */
  end(): Promise<void>
}

/** Reads the schema of a stream. `write` resolves when more may be written. Rejects with PACKAGE_MISSING, SOURCE_INVALID. */
export async function openArrowPipe(source: AsyncIterable<Uint8Array>, write: WriteBytes): Promise<ArrowPipe> {
  const arrow = await loadArrow()
  const messages = readMessages(arrow, source)
  const first = await messages.next()
  if (first.done === true) throw new SlipwayError('SOURCE_INVALID', 'the Arrow stream has no schema')
  return new StreamPipe({ arrow, messages, decoder: new BatchDecoder(arrow, first.value), write })
}

interface PipeParts {
  readonly arrow: Arrow
  readonly messages: AsyncIterable<StreamMessage>
  readonly decoder: BatchDecoder
  readonly write: WriteBytes
}

interface Started {
  readonly readers: readonly { readonly name: string; readonly column: number; readonly read: ColumnReader }[]
  readonly passed: readonly number[]
  readonly output: readonly OutputColumn[]
  readonly fields: readonly Field[]
  readonly writer: StreamWriter
}

class StreamPipe implements ArrowPipe {
  readonly #parts: PipeParts
  #started: Started | null = null

  constructor(parts: PipeParts) {
    this.#parts = parts
  }

  get #schema(): Schema {
    return this.#parts.decoder.schema
  }

  get columns(): readonly string[] {
    return this.#schema.fields.map((field) => field.name)
  }

  async start({ fields, policy, pass, output }: ArrowPlan): Promise<void> {
    const { arrow, write } = this.#parts
    const readers = Object.entries(fields).map(([name, field]) => {
      const column = this.#find(name)
      const optional = field.optional || policy.gatherable.has(name)
      if (column === -1 && !optional) throw schemaError(`the stream has no column \`${name}\`, which the model needs`)
      const type = column === -1 ? null : this.#schema.fields[column]!.type
      return { name, column, read: columnReader({ arrow, name, field, policy, type }) }
    })
    const passed = (pass === '*' ? this.columns : pass).map((name) => {
      const column = this.#find(name)
      if (column === -1) throw schemaError(`the stream has no column \`${name}\`, which is to be passed on`)
      return column
    })
    const own = output.map((column) => new arrow.Field(column.name, outputType(arrow, column).type, true))
    const all = [...passed.map((column) => this.#schema.fields[column]!), ...own]
    const writer = new StreamWriter(arrow, new arrow.Schema(all), write)
    this.#started = { readers, passed, output, fields: own, writer }
    await writer.begin()
  }

  async *batches(): AsyncGenerator<ArrowBatch> {
    const { messages, decoder } = this.#parts
    for await (const message of messages) {
      const batch = decoder.decode(message)
      if (batch !== null) yield this.#batch(batch)
    }
  }

  async end(): Promise<void> {
    await this.#opened().writer.end()
  }

  #batch(batch: RecordBatch): ArrowBatch {
    const { arrow } = this.#parts
    const { readers, passed, output, fields, writer } = this.#opened()
    const columns = batch.data.children as readonly Data[]
    return {
      length: batch.numRows,
      frame: (start, count) => {
        const read = readers.map(
          ({ name, column, read: reader }) => [name, reader(column === -1 ? null : columns[column]!, start, count)] as const,
        )
        return {
          frame: { length: count, columns: columnsOf(read.map(([name, { column }]) => [name, column])) },
          issues: read.flatMap(([, { issues }]) => issues),
        }
      },
      answer: async (answer) => {
        const whole = answer.length === batch.numRows
        await writer.write(answer.length, [
          ...passed.map((column) => (whole ? columns[column]! : selectData(arrow, columns[column]!, answer.rowNumbers))),
          ...output.map((spec, i) => outputData(arrow, answer.columns[i]!, spec, fields[i]!.type)),
        ])
      },
    }
  }

  #opened(): Started {
    if (this.#started === null) throw new Error('the pipe is not started')
    return this.#started
  }

  /** -1 where there is none; a name that stands for two columns says nothing. */
  #find(name: string): number {
    const { columns } = this
    const at = columns.indexOf(name)
    if (at !== columns.lastIndexOf(name)) throw schemaError(`the stream has two columns \`${name}\``)
    return at
  }
}

function schemaError(message: string): SlipwayError {
  return new SlipwayError('SOURCE_SCHEMA', message)
}
