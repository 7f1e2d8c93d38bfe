import type { DuckDBConnection } from '@duckdb/node-api'

/** How often a query that should end is told so: what comes before it has begun is lost on it. */
const repeatMs = 10

/** Interrupts what the connection runs from the moment the signal fires until the function returned is called. */
export function interruptOn(signal: AbortSignal | undefined, connection: DuckDBConnection): () => void {
  let timer: ReturnType<typeof setInterval> | undefined
  const interrupt = (): void => {
    connection.interrupt()
    timer ??= setInterval(() => connection.interrupt(), repeatMs)
  }
  signal?.addEventListener('abort', interrupt)
  if (signal?.aborted === true) interrupt()
  return () => {
    signal?.removeEventListener('abort', interrupt)
    clearInterval(timer)
  }
}
