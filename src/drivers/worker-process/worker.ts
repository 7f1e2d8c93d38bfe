import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { Frame } from '../../core/frame.js'
import type { Execution, Logger } from '../../core/ports.js'
import { deferred } from './deferred.js'
import { forwardOutput } from './forward-output.js'
import { fromWire, toWire } from './protocol.js'
import type { FromWorker, ToWorker, WireError, WorkerLoad } from './protocol.js'

/** Why a worker ended. */
export type WorkerEnd = 'closed' | 'deadline' | 'memory' | 'start' | 'crash'

export interface WorkerOptions {
  /** The module `worker-main` of this folder, compiled or not. */
  readonly entry: URL
  readonly load: WorkerLoad
  /** Limit of resident memory; JavaScript's own heap gets three quarters of it. */
  readonly memoryLimitMb: number
  readonly startTimeoutMs: number
  /** More arguments for Node, for example to run TypeScript. */
  readonly execArgv?: readonly string[]
  /** Environment beside the few variables that are always passed on (locale, time zone, library path). */
  readonly env?: Readonly<Record<string, string>>
  /** How much the workers stand back behind the gateway when processors are short, 0 to 19. */
  readonly niceness?: number
  readonly logger?: Logger
  /** Said in every log line of the worker, for example model and version. */
  readonly label?: Readonly<Record<string, string>>
}

/** One model worker process. */
export interface Worker {
  readonly pid: number | undefined
  /** False from the moment on that its end is certain. */
  alive: boolean
  /** Resident memory as last known, in bytes. */
  residentBytes: number
  /** Settles when the version is loaded: with what the loader says about it, or with why it cannot be. */
  readonly ready: Promise<unknown>
  /** Resolves when the process has ended. */
  readonly ended: Promise<WorkerEnd>
  /** One frame at a time. Rejects with the executor's error, or WORKER_LOST when the process ends meanwhile. */
  run(frame: Frame): Promise<Execution>
  /** SIGKILL; the run under way rejects at once. */
  kill(reason: WorkerEnd): void
  /** Asks the process to end, and kills it when it does not within the time. */
  close(timeoutMs: number): Promise<void>
}

interface Pending {
  resolve(execution: Execution): void
  reject(error: SlipwayError): void
}

const inherited = ['LANG', 'LC_ALL', 'TZ', 'LD_LIBRARY_PATH', 'SystemRoot']

/** Starts a process in an empty folder of its own and has it load a version. */
export function startWorker(options: WorkerOptions): Worker {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-worker-'))
  const child = forkIn(folder, options)
  const loaded = deferred<unknown>()
  const ended = deferred<WorkerEnd>()
  let pending: Pending | null = null
  let end: WorkerEnd | null = null

  function lose(code: 'WORKER_LOST' | 'DEADLINE', message: string): void {
    const error = new SlipwayError(code, message)
    loaded.reject(error)
    pending?.reject(error)
    pending = null
  }

  function kill(reason: WorkerEnd): void {
    end ??= reason
    worker.alive = false
    child.kill('SIGKILL')
    if (reason === 'deadline') lose('DEADLINE', 'the model was not done in time')
    else lose('WORKER_LOST', `the model worker was ended: ${reason}`)
  }

  const startTimer = setTimeout(() => kill('start'), options.startTimeoutMs)

  function receive(message: FromWorker): void {
    if (message.kind === 'ready' || message.kind === 'refused') clearTimeout(startTimer)
    if (message.kind === 'ready') return loaded.resolve(message.info)
    if (message.kind === 'refused') return loaded.reject(errorFrom(message.error))
    const settled = pending
    pending = null
    if (message.kind === 'failed') return settled?.reject(errorFrom(message.error))
    if (message.residentBytes !== null) worker.residentBytes = message.residentBytes
    settled?.resolve({ frame: fromWire(message.frame), timings: message.timings })
  }

  function finish(): void {
    clearTimeout(startTimer)
    worker.alive = false
    lose('WORKER_LOST', 'the model worker ended')
    rmSync(folder, { recursive: true, force: true })
    ended.resolve(end ?? 'crash')
  }

  const worker: Worker = {
    pid: child.pid,
    alive: true,
    residentBytes: 0,
    ready: loaded.promise,
    ended: ended.promise,
    run: (frame) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject }
        post(child, { kind: 'run', frame: toWire(frame) }, (error) => {
          pending = null
          reject(error)
        })
      }),
    kill,
    async close(timeoutMs) {
      end ??= 'closed'
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
      post(child, { kind: 'close' }, () => child.kill('SIGKILL'))
      await ended.promise
      clearTimeout(timer)
    },
  }

  loaded.promise.catch(() => {})
  child.on('message', receive)
  child.on('error', finish)
  child.on('exit', finish)
  post(child, { kind: 'load', load: options.load }, (error) => loaded.reject(error))
  return worker
}

function forkIn(folder: string, options: WorkerOptions): ChildProcess {
  const heapMb = Math.max(64, Math.floor(options.memoryLimitMb * 0.75))
  const child = fork(options.entry, [], {
    cwd: folder,
    // ONNX Runtime from 1.29 on reports to its maker, and keeps files about it, unless it is told not to before it is loaded.
    env: { ...pick(process.env, inherited), HOME: folder, TMPDIR: folder, ORT_DISABLE_TELEMETRY: '1', ...options.env },
    execArgv: [...(options.execArgv ?? []), `--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const fields = { ...options.label, worker: child.pid }
  // What a definition prints may be anything, rows as well: it is shown only to those who ask for debug lines.
  forwardOutput(child.stdout!, (line) => options.logger?.debug(fields, line))
  forwardOutput(child.stderr!, (line) => options.logger?.warn(fields, line))
  standBack(child.pid, options.niceness ?? 5)
  return child
}

/** The gateway must stay prompt while models keep the processors busy. */
function standBack(pid: number | undefined, niceness: number): void {
  try {
    if (pid !== undefined) setPriority(pid, Math.min(niceness, constants.priority.PRIORITY_LOW))
  } catch {
    // The process is gone already, or the system has no priorities: its exit is handled, and the wish is only a wish.
  }
}

function post(child: ChildProcess, message: ToWorker, fail: (error: SlipwayError) => void): void {
  try {
    // An error of the channel is followed by the exit of the child, which settles everything; what is thrown is of the serializer.
    child.send(message, () => {})
  } catch (cause) {
    fail(new SlipwayError('RUN_FAILED', 'a value of the frame cannot be sent to the model worker', { cause }))
  }
}

function errorFrom(error: WireError): SlipwayError {
  return new SlipwayError(error.code, error.message, error.detail === null ? {} : { cause: new Error(error.detail) })
}

function pick(from: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))
}
