import { SlipwayError } from '../../core/errors.js'
import type { SourceChunk } from '../../core/table.js'
import type { ByteWindow } from './byte-window.js'
import type { ChunkStop } from './csv-chunker.js'

/** Makes chunks of the records that a window shows. */
interface Chunker {
  /** Takes records until a chunk is full, and says why it stopped. */
  take(window: ByteWindow): ChunkStop
  /** What was taken; null when that is nothing. */
  chunk(bytes: Buffer): SourceChunk | null
}

/** The chunks of a window, which moves on when it has shown all it holds. Rejects with CANCELLED between two of them. */
export async function* readChunks(window: ByteWindow, chunker: Chunker, signal?: AbortSignal): AsyncGenerator<SourceChunk> {
  for (;;) {
    if (!window.complete && (window.filled - window.at) * 2 < window.bytes.length) await window.fill(signal)
    const stop = chunker.take(window)
    const chunk = chunker.chunk(window.bytes)
    if (chunk !== null) yield chunk
    if (stop === 'skip') await window.skipLine(signal)
    else if (stop === 'more') {
      if (window.complete) return
      await window.fill(signal)
    }
    if (signal?.aborted === true) throw new SlipwayError('CANCELLED', 'reading was cancelled', { cause: signal.reason })
  }
}
