import { SlipwayError } from '../../core/errors.js'
import { ExactReader } from './exact-reader.js'
import type { Arrow } from './load-arrow.js'

/** One encapsulated message of the IPC format. */
export interface StreamMessage {
  readonly kind: 'schema' | 'dictionary' | 'batch'
  /** Marker, length and metadata, as they came. */
  readonly head: Uint8Array
  readonly body: Uint8Array
}

/** More metadata than any schema has. */
const mostMetadata = 64 * 1024 * 1024
/** What one buffer of Node holds without trouble. */
const mostBody = 2 ** 31 - 1

const prefixBytes = 8

/**
 * The messages of an Arrow stream (columnar format specification, "Encapsulated message format") up to its end marker. SOURCE_INVALID when it
 * is none, is damaged, or ends without its marker, as it does when who writes it is killed.
 */
export async function* readMessages(arrow: Arrow, source: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  const reader = new ExactReader(source)
  for (let first = true; ; first = false) {
    const prefix = await reader.read(prefixBytes, 'the length of a message')
    if (prefix === null)
      throw invalid(first ? 'standard input is empty: expected an Arrow stream' : 'the Arrow stream ends without its end marker')
    const length = metadataLength(prefix)
    if (length === 0) return
    const metadata = await orBroken(reader.read(length, 'the metadata of a message'))
    const { kind, bodyLength } = describe(arrow, metadata)
    const body = bodyLength === 0 ? new Uint8Array(0) : await orBroken(reader.read(bodyLength, 'the body of a message'))
    yield { kind, head: Buffer.concat([prefix, metadata]), body }
  }
}

function metadataLength(prefix: Uint8Array): number {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength)
  if (Buffer.from(prefix).toString('latin1', 0, 6) === 'ARROW1')
    throw invalid('this is an Arrow file (Feather); write the stream format instead')
  if (view.getUint32(0, true) !== 0xffff_ffff) throw invalid('this is no Arrow stream: a message does not begin with its marker')
  const length = view.getInt32(4, true)
  if (length < 0 || length > mostMetadata) throw invalid(`a message claims ${length} bytes of metadata`)
  return length
}

function describe(arrow: Arrow, metadata: Uint8Array): { readonly kind: StreamMessage['kind']; readonly bodyLength: number } {
  const message = decode(arrow, metadata)
  const { bodyLength } = message
  if (!(bodyLength >= 0 && bodyLength <= mostBody)) throw invalid(`a message claims ${bodyLength} bytes; write smaller batches`)
  if (message.isSchema()) return { kind: 'schema', bodyLength }
  if (message.isDictionaryBatch()) return { kind: 'dictionary', bodyLength }
  if (message.isRecordBatch()) return { kind: 'batch', bodyLength }
  throw invalid('a message is neither schema, dictionary nor record batch')
}

function decode(arrow: Arrow, metadata: Uint8Array): ReturnType<Arrow['Message']['decode']> {
  try {
    return arrow.Message.decode(metadata)
  } catch (cause) {
    throw new SlipwayError('SOURCE_INVALID', 'the metadata of an Arrow message is damaged', { cause })
  }
}

async function orBroken(read: Promise<Uint8Array | null>): Promise<Uint8Array> {
  const bytes = await read
  if (bytes === null) throw invalid('the Arrow stream breaks off within a message')
  return bytes
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('SOURCE_INVALID', message)
}
