import { SlipwayError } from '../core/errors.js'
import type { Signature } from '../core/field.js'
import type { FrameBuilder } from '../core/frame-builder.js'
import { shapeKey } from '../core/frame-ops.js'
import type { InputFrame } from '../core/prediction.js'
import { hasFreeDimensions } from '../core/tensor-shape.js'
import { createBatch } from './batch.js'
import type { Batch } from './batch.js'
import type { BuilderPool } from './builder-pool.js'
import { sliceInput } from './slice-frame.js'

/** Where the rows of a request went. */
export interface Placement {
  readonly batch: Batch
  readonly start: number
  readonly count: number
}

/**
 * Which requests may share a batch: `any`; `same-shape`, those whose input tensors agree; `none`, where the shape of an output differs from
 * row to row, so that one frame could not hold the answers, or would show a request what its neighbours were.
 */
export type Sharing = 'any' | 'same-shape' | 'none'

/** What the shapes of a signature allow. */
export function sharingOf({ input, output }: Signature): Sharing {
  if (hasFreeDimensions(output)) return 'none'
  return hasFreeDimensions(input) ? 'same-shape' : 'any'
}

export interface AssemblerOptions {
  /** Rows from which on a batch takes no more requests. */
  readonly maxBatchRows: number
  /** Rows that a request may have: more could not wait together, so they are refused. */
  readonly maxQueuedRows: number
  readonly sharing: Sharing
}

/** Puts the rows of requests into batches: rows that may run together share one until it is full or shut. */
export class BatchAssembler {
  readonly #pool: BuilderPool
  readonly #options: AssemblerOptions
  /** Batches that still take requests, by shape. */
  readonly #open = new Map<string, Batch>()

  constructor(pool: BuilderPool, options: AssemblerOptions) {
    this.#pool = pool
    this.#options = options
  }

  /** Places the rows that `fill` appends. When it throws, they are taken back and the error goes on. */
  fill(fill: (builder: FrameBuilder) => void): Placement {
    return this.#options.sharing === 'any' ? this.#fillOpen(fill) : this.#fillAlone(fill)
  }

  /** Places a frame: behind other rows of its shape, or as it is, without a copy, when it comes first. */
  join(input: InputFrame): Placement {
    return this.#place(input, null)
  }

  /** The batch takes no more requests. */
  shut(batch: Batch): void {
    if (this.#open.get(batch.key) === batch) this.#open.delete(batch.key)
  }

  #fillOpen(fill: (builder: FrameBuilder) => void): Placement {
    const batch = this.#open.get('') ?? this.#begin('', { builder: this.#pool.take(), input: null })
    const builder = this.#builderOf(batch)
    const start = builder.length
    const count = this.#append(builder, () => fill(builder))
    if (start > 0 && builder.length > this.#options.maxBatchRows) return this.#moveOut(builder, start, count)
    batch.rows = builder.length
    return { batch, start, count }
  }

  /** Rows that turned out to be too many for a batch begin the next one. */
  #moveOut(builder: FrameBuilder, start: number, count: number): Placement {
    const batch = this.#begin('', { builder: this.#pool.take(), input: null })
    this.#builderOf(batch).appendFrame(sliceInput(builder.build(), start, count))
    builder.truncate(start)
    batch.rows = count
    return { batch, start: 0, count }
  }

  /** The shape of a request is known only when it has been read, and it may have to stay alone: it is read into a builder of its own. */
  #fillAlone(fill: (builder: FrameBuilder) => void): Placement {
    const builder = this.#pool.take()
    try {
      this.#append(builder, () => fill(builder))
    } catch (error) {
      this.#pool.give(builder)
      throw error
    }
    return this.#place(builder.build(), builder)
  }

  /** `owner` is the builder whose storage the frame shows; null when the frame is the caller's. */
  #place(input: InputFrame, owner: FrameBuilder | null): Placement {
    const count = input.frame.length
    this.#checkRows(count)
    const key = this.#options.sharing === 'any' ? '' : shapeKey(input.frame)
    const open = this.#open.get(key)
    if (open === undefined || open.rows === 0 || open.rows + count > this.#options.maxBatchRows) {
      if (open?.rows === 0 && open.builder !== null) this.#pool.give(open.builder)
      const batch = this.#begin(key, { builder: owner, input: owner === null ? input : null })
      batch.rows = count
      return { batch, start: 0, count }
    }
    const builder = this.#builderOf(open)
    const start = builder.length
    this.#append(builder, () => builder.appendFrame(input))
    if (owner !== null) this.#pool.give(owner)
    open.rows = builder.length
    return { batch: open, start, count }
  }

  #begin(key: string, content: Pick<Batch, 'builder' | 'input'>): Batch {
    const batch = createBatch(key, content)
    if (this.#options.sharing !== 'none') this.#open.set(key, batch)
    return batch
  }

  /** A frame passed through is copied into a builder once it gets company. */
  #builderOf(batch: Batch): FrameBuilder {
    if (batch.builder !== null) return batch.builder
    const builder = this.#pool.take()
    if (batch.input !== null) builder.appendFrame(batch.input)
    batch.builder = builder
    batch.input = null
    return builder
  }

  /** Runs `work`, which appends rows, and counts them; takes them back when it throws or their number is not one to answer. */
  #append(builder: FrameBuilder, work: () => void): number {
    const start = builder.length
    try {
      work()
      this.#checkRows(builder.length - start)
    } catch (error) {
      builder.truncate(start)
      throw error
    }
    return builder.length - start
  }

  #checkRows(count: number): void {
    const { maxQueuedRows } = this.#options
    if (count === 0) throw new SlipwayError('INVALID_REQUEST', 'the request has no rows')
    if (count <= maxQueuedRows) return
    const message = `this request has ${count} rows, at most ${maxQueuedRows} are answered at once; send several requests`
    throw new SlipwayError('TOO_MANY_ELEMENTS', message)
  }
}
