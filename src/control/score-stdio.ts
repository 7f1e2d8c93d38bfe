import { addAbortSignal } from 'node:stream'
import { SlipwayError } from '../core/errors.js'

/** Standard input and output of this process, taken for data. */
export interface DataStdio {
  readonly input: AsyncIterable<Uint8Array>
  /** Resolves when the bytes are with the operating system: a slow reader holds the writer back. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Aborted by SIGTERM and SIGINT, with CANCELLED. */
  readonly signal: AbortSignal
  /** Lets go of standard input, so that the process can end. */
  readonly close: () => void
}

/**
 * Takes standard output for data: whatever else this process prints (console.log, a definition's own prints) goes to standard error from now on.
 * With `withParent` the process ends when its parent does, also in the middle of a batch.
 */
export function takeStdio({ withParent }: { readonly withParent: boolean }): DataStdio {
  const { stdin, stdout, stderr } = process
  const write = stdout.write.bind(stdout)
  stdout.write = stderr.write.bind(stderr)
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals): void => controller.abort(new SlipwayError('CANCELLED', `ended by ${signal}`))
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, stop)
  if (withParent) endWithParent()
  return {
    input: stdinUntil(controller.signal),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    signal: controller.signal,
    close: () => stdin.destroy(),
  }
}

/** An abort ends a read that waits. */
async function* stdinUntil(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* addAbortSignal(signal, process.stdin) as AsyncIterable<Uint8Array>
  } catch (error) {
    signal.throwIfAborted()
    throw new SlipwayError('SOURCE_INVALID', 'standard input cannot be read', { cause: error })
  }
}

const lookEveryMs = 250

/** A process whose parent is gone gets another one. */
function endWithParent(): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.exit(6)
  }, lookEveryMs).unref()
}
