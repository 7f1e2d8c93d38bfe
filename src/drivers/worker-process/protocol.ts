import type { ErrorCode } from '../../core/errors.js'
import type { Column, Frame } from '../../core/frame.js'
import type { ExecutionTimings, Executor } from '../../core/ports.js'

/** What a worker process is to load: one version. Sent to it as a message, so it must be cloneable. */
export interface WorkerLoad {
  /** Private folder with the files of the version. */
  readonly directory: string
  /** Threads inside one run. */
  readonly threads: number
  /** File URL of a module that is a `WorkerLoader`. */
  readonly loader: string
  /** More for the loader. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** An executor, and what the gateway is to know about it. */
export interface LoadedExecutor extends Executor {
  /** Cloneable; read from `WorkerPool.info`. */
  readonly info?: unknown
}

/** The exports of the module that `WorkerLoad.loader` names; it runs inside the worker process. */
export interface WorkerLoader {
  /** Loads the version. Rejects with a SlipwayError that says why it cannot be. */
  openExecutor(load: WorkerLoad): Promise<LoadedExecutor>
}

/** A frame on its way between processes: the serializer would lose the null prototype of its columns. */
export interface WireFrame {
  readonly length: number
  readonly columns: readonly (readonly [name: string, column: Column])[]
}

export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  /** Text of the cause, for the log of the gateway; never of a run, where it could hold values of a request. */
  readonly detail: string | null
}

export type ToWorker =
  | { readonly kind: 'load'; readonly load: WorkerLoad }
  | { readonly kind: 'run'; readonly frame: WireFrame }
  | { readonly kind: 'close' }

export type FromWorker =
  | { readonly kind: 'ready'; readonly info: unknown }
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'done'; readonly frame: WireFrame; readonly timings: ExecutionTimings; readonly residentBytes: number | null }
  | { readonly kind: 'failed'; readonly error: WireError }

/** Views ship only the bytes that they show: Node's serializer copies a view's window, not the buffer behind it. */
export function toWire(frame: Frame): WireFrame {
  return { length: frame.length, columns: Object.entries(frame.columns) }
}

export function fromWire(wire: WireFrame): Frame {
  const columns: Record<string, Column> = Object.create(null) as Record<string, Column>
  for (const [name, column] of wire.columns) columns[name] = column
  return { length: wire.length, columns }
}
