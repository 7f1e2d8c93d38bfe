import type { Data, RecordBatchStreamWriter, Schema } from 'apache-arrow'
import { SlipwayError } from '../../core/errors.js'
import type { Arrow } from './load-arrow.js'

/** Resolves when more may be written. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>

/** Writes a stream of the IPC format: schema, record batches, end marker. */
export class StreamWriter {
  readonly #arrow: Arrow
  readonly #schema: Schema
  readonly #write: WriteBytes
  readonly #writer: RecordBatchStreamWriter
  readonly #chunks: Uint8Array[] = []

  constructor(arrow: Arrow, schema: Schema, write: WriteBytes) {
    const chunks = this.#chunks
    // Takes what the library writes as it comes, with nothing queued in between.
    class Sink extends arrow.AsyncByteQueue {
      override write(bytes: Uint8Array): void {
        chunks.push(bytes)
      }
    }
    this.#arrow = arrow
    this.#schema = schema
    this.#write = write
    this.#writer = new arrow.RecordBatchStreamWriter({ autoDestroy: false })
    this.#writer.reset(new Sink(), schema)
  }

  /** Writes the schema. */
  begin(): Promise<void> {
    return this.#flush()
  }

  /** Writes one batch; its columns are in the order of the schema. */
  async write(length: number, children: readonly Data[]): Promise<void> {
    const { RecordBatch, Struct, makeData } = this.#arrow
    const data = makeData({ type: new Struct(this.#schema.fields), length, nullCount: 0, children: [...children] })
    try {
      this.#writer.write(new RecordBatch(this.#schema, data))
    } catch (cause) {
      throw new SlipwayError('SINK_FAILED', `a record batch cannot be written: ${cause instanceof Error ? cause.message : 'unknown'}`, {
        cause,
      })
    }
    await this.#flush()
  }

  /** Writes the end marker. */
  async end(): Promise<void> {
    this.#writer.finish()
    await this.#flush()
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#chunks.splice(0))
    if (bytes.length > 0) await this.#write(bytes)
  }
}
