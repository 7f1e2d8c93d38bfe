import { SlipwayError } from '../../core/errors.js'
import type { ModelSession, SessionFactory, SessionOptions } from '../../core/ports.js'
import { openError } from './ort-errors.js'
import { OrtSession } from './ort-session.js'

type Ort = typeof import('onnxruntime-node')

/** Loads ONNX Runtime (the CPU provider of onnxruntime-node) into this process. Rejects with PACKAGE_MISSING where it has no build for. */
export async function loadOnnxNode(): Promise<SessionFactory> {
  // The engine's library reports to its maker unless told not to, and reads this when it is loaded.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
  const ort = await importOrt()
  // Before the first session only: what the engine itself says about the machine is no concern of a user.
  ort.env.logLevel = 'error'
  return {
    engine: `onnxruntime-node ${ort.env.versions.node ?? 'of an unknown version'}`,
    open: (path, options) => open(ort, path, options),
  }
}

async function importOrt(): Promise<Ort> {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new SlipwayError(
      'PACKAGE_MISSING',
      `onnxruntime-node runs the models and could not be loaded on ${process.platform}-${process.arch}; npm install onnxruntime-node`,
      { cause },
    )
  }
}

async function open(ort: Ort, path: string, { threads }: SessionOptions): Promise<ModelSession> {
  try {
    const session = await ort.InferenceSession.create(path, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Fatal only: an error comes back as a rejection, and a copy on stderr could hold values of a request.
      logSeverityLevel: 4,
    })
    return new OrtSession(session)
  } catch (cause) {
    throw openError(path, cause)
  }
}
