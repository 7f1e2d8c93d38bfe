import type { RecordBatch, RecordBatchReader, Schema } from 'apache-arrow'
import { SlipwayError } from '../../core/errors.js'
import type { Arrow } from './load-arrow.js'
import type { StreamMessage } from './messages.js'

/** Decodes messages that are whole, one after another; dictionaries are kept as the stream replaces and extends them. */
export class BatchDecoder {
  readonly schema: Schema
  readonly #reader: RecordBatchReader
  readonly #queue: Uint8Array[] = []

  /** SOURCE_INVALID when the first message is no schema that can be read. */
  constructor(arrow: Arrow, first: StreamMessage) {
    if (first.kind !== 'schema') throw new SlipwayError('SOURCE_INVALID', 'the Arrow stream does not begin with a schema')
    this.#push(first)
    this.#reader = sound('the schema', () => arrow.RecordBatchReader.from(drain(this.#queue)).open() as RecordBatchReader)
    this.schema = this.#reader.schema
  }

  /** The batch that a message completes; null where it is none. */
  decode(message: StreamMessage): RecordBatch | null {
    if (message.kind === 'schema') throw new SlipwayError('SOURCE_INVALID', 'the Arrow stream has a second schema')
    this.#push(message)
    if (message.kind !== 'batch') return null
    return sound('a record batch', () => {
      const next = this.#reader.next() as IteratorResult<RecordBatch>
      if (next.done === true) throw new Error('no batch')
      return next.value
    })
  }

  #push({ head, body }: StreamMessage): void {
    this.#queue.push(head)
    if (body.length > 0) this.#queue.push(body)
  }
}

/** How often in a row the reader may look for more than it needs, as it does when it takes the last of what there is. */
const mostLooks = 4

/** What is needed is there, since a message is decoded when it is whole; the reader looks ahead all the same, and finds nothing. */
function* drain(queue: Uint8Array[]): Generator<Uint8Array> {
  for (let looks = 0; looks < mostLooks; looks++) {
    const next = queue.shift()
    if (next !== undefined) looks = -1
    yield next ?? nothing
  }
  throw new Error('a message is shorter than it says')
}

const nothing = new Uint8Array(0)

function sound<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    throw new SlipwayError('SOURCE_INVALID', `${what} of the Arrow stream cannot be read${reason}`, { cause })
  }
}
