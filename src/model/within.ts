import { SlipwayError } from '../core/errors.js'

/** How a wait ended: with its value, too late, or given up by the caller. */
export type Waited<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'late' } | { readonly kind: 'cancelled' }

export interface WaitLimits {
  /** Milliseconds from now; null for no limit. */
  readonly ms: number | null
  /** The caller's own signal. */
  readonly signal?: AbortSignal | undefined
  /** Told of a failure that came after the wait had ended; those that the abort itself brought about are left out. */
  readonly onLateFailure?: (error: unknown) => void
}

/** Longest delay of a timer. */
const longest = 0x7fff_ffff

/**
 * Waits for `work` no longer than the limits allow; work that is given up is told by its signal. Rejects as the work does, while it is
 * waited for. Without limits the work gets no signal, and waiting costs nothing.
 */
export async function within<T>(limits: WaitLimits, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<Waited<T>> {
  const { ms, signal } = limits
  if (ms === null && signal === undefined) return { kind: 'done', value: await work(undefined) }
  if (signal?.aborted === true) return { kind: 'cancelled' }
  if (ms !== null && ms <= 0) return { kind: 'late' }
  const controller = new AbortController()
  let give: (ended: Waited<T>) => void
  const ended = new Promise<Waited<T>>((resolve) => {
    give = resolve
  })
  const stop = (kind: 'late' | 'cancelled'): void => {
    give({ kind })
    controller.abort(
      kind === 'late' ? new SlipwayError('DEADLINE', 'the deadline passed') : new SlipwayError('CANCELLED', 'the caller gave up'),
    )
  }
  const cancel = (): void => stop('cancelled')
  const timer = ms === null ? null : setTimeout(() => stop('late'), Math.min(ms, longest))
  signal?.addEventListener('abort', cancel, { once: true })
  const working = work(controller.signal)
  working.catch((error: unknown) => {
    if (controller.signal.aborted && !isAbort(error)) limits.onLateFailure?.(error)
  })
  try {
    return await Promise.race([working.then((value) => ({ kind: 'done', value }) as const), ended])
  } finally {
    if (timer !== null) clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof SlipwayError && (error.code === 'DEADLINE' || error.code === 'CANCELLED')
}
