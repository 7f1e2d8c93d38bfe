import { SlipwayError } from '../core/errors.js'

/** The time limit of a call and its caller's signal as one. */
export interface Deadline {
  /** Aborted at the limit, or with the caller's signal. */
  readonly signal: AbortSignal
  remainingMs(): number
  /** Why the call ended when `signal` is aborted: DEADLINE or CANCELLED; null while it is not. */
  error(): SlipwayError | null
  /** Resolves after `ms`, earlier when the signal is aborted. */
  sleep(ms: number): Promise<void>
  close(): void
}

/** Starts the clock of a call. */
export function startDeadline(timeoutMs: number, caller: AbortSignal | undefined): Deadline {
  const endsAt = performance.now() + timeoutMs
  const controller = new AbortController()
  let error: SlipwayError | null = null

  function end(reason: SlipwayError): void {
    error ??= reason
    controller.abort()
  }
  const onCaller = (): void => end(new SlipwayError('CANCELLED', 'the call was given up by its caller', { cause: caller?.reason }))
  const timer = setTimeout(() => end(new SlipwayError('DEADLINE', `no answer within ${timeoutMs} ms`)), timeoutMs)
  if (caller?.aborted === true) onCaller()
  else caller?.addEventListener('abort', onCaller, { once: true })

  return {
    signal: controller.signal,
    remainingMs: () => endsAt - performance.now(),
    error: () => error,
    sleep: (ms) => sleepUntil(ms, controller.signal),
    close() {
      clearTimeout(timer)
      caller?.removeEventListener('abort', onCaller)
    },
  }
}

function sleepUntil(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, signal.aborted ? 0 : ms)
    signal.addEventListener('abort', wake, { once: true })
  })
}
