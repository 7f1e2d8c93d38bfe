import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import { describeTensor, type Tensor, type TensorSpec } from '../../core/tensor.js'

/**
 * Why a model could not be loaded, in the engine's words but for paths: FILE_UNKNOWN, or ADMISSION_FAILED.
 * The original is the cause.
 */
export function openError(path: string, cause: unknown): SlipwayError {
  if (cause instanceof SlipwayError) return cause
  const message = messageOf(cause)
  if (message.includes("File doesn't exist")) return new SlipwayError('FILE_UNKNOWN', 'the model file does not exist', { cause })
  return new SlipwayError('ADMISSION_FAILED', `ONNX Runtime could not load the model: ${withoutPaths(message, path)}`, { cause })
}

/** What a run was asked to do. */
export interface Call {
  readonly specs: readonly TensorSpec[]
  readonly feeds: Readonly<Record<string, Tensor>>
}

/**
 * Why a run failed. The engine's own text can hold values of a request and paths, so the message is made from what is known to hold
 * neither: the declared and the given shapes, or the node that failed. The original is the cause.
 */
export function runError(cause: unknown, call: Call): SlipwayError {
  if (cause instanceof SlipwayError) return cause
  const text = messageOf(cause)
  const refused = /invalid dimensions|invalid rank|unexpected input data type/iu.test(text) ? misfit(call) : null
  if (refused !== null) return new SlipwayError('RUN_FAILED', refused, { cause })
  const node = /running (\w+) node\. Name:'([^']*)'/u.exec(text)
  const place = node === null ? '' : ` in node \`${node[2] ?? ''}\` (${node[1] ?? ''})`
  return new SlipwayError('RUN_FAILED', `the model failed${place}`, { cause })
}

function misfit({ specs, feeds }: Call): string | null {
  for (const spec of specs) {
    const fed = feeds[spec.name]
    if (fed === undefined || fits(spec, fed)) continue
    return `expected ${describeTensor(spec)} for input \`${spec.name}\`, received ${describeTensor(fed)}`
  }
  return null
}

function fits(spec: TensorSpec, fed: Tensor): boolean {
  if (spec.dtype !== fed.dtype || spec.shape.length !== fed.shape.length) return false
  return spec.shape.every((size, axis) => size === null || size === fed.shape[axis])
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function withoutPaths(message: string, path: string): string {
  let text = message.replace(/^Load model from .*? failed:/su, '').replaceAll(/\/onnxruntime_src\/\S+/gu, '')
  for (const known of [path, realPath(path), dirname(path), dirname(realPath(path))]) {
    if (known.length > 1) text = text.replaceAll(known, '')
  }
  return text.trim()
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // Without a real path there is only the given one to hide.
    return path
  }
}
