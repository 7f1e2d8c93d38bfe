import type { FrameBuilder } from '../core/frame-builder.js'

/** Frame builders used again and again, so that their storage is. */
export interface BuilderPool {
  /** An empty builder. */
  take(): FrameBuilder
  /** Gives one back; it is emptied at the next `recycle`, for those who were just answered may still read it. */
  give(builder: FrameBuilder): void
  /** Empties what was given back. To be called in a later turn of the event loop than `give`. */
  recycle(): void
}

/** A pool that keeps at most `keep` builders. */
export function createBuilderPool(create: () => FrameBuilder, keep: number): BuilderPool {
  const free: FrameBuilder[] = []
  const used: FrameBuilder[] = []
  return {
    take: () => free.pop() ?? create(),
    give: (builder) => void used.push(builder),
    recycle() {
      for (const builder of used) {
        if (free.length >= keep) break
        builder.reset()
        free.push(builder)
      }
      used.length = 0
    },
  }
}
