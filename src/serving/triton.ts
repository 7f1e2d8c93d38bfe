import { SlipwayError } from '../core/errors.js'
import type { DataPlane, ServedModel } from './data-plane.js'
import type { ModelRef } from './model-ref.js'

// What the Open Inference Protocol says the same way over HTTP and gRPC: Triton's words, since its clients and their tests compare them.

/** Extensions of the protocol that both transports speak (triton-inference-server/server: docs/protocol/README.md names them). */
export const tritonExtensions: readonly string[] = [
  'classification',
  'model_configuration',
  'model_repository',
  'model_repository(unload_dependents)',
  'parameters',
  'statistics',
]

/** The served version, or Triton's words for why there is none. */
export function findModel(plane: DataPlane, ref: ModelRef): ServedModel {
  try {
    return plane.model(ref.name, ref.selector)
  } catch (error) {
    throw inTritonsWords(error, ref)
  }
}

/** Runs a call of the data plane about a model; rejects as `findModel` throws. */
export async function aboutModel<T>(ref: ModelRef, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw inTritonsWords(error, ref)
  }
}

/** Throws OUTPUT_UNKNOWN. */
export function refuseOutput(name: string, model: string): never {
  throw new SlipwayError('OUTPUT_UNKNOWN', `unexpected inference output '${name}' for model '${model}'`)
}

/**
 * Serves a model of the registry, by name. Parameters `config` and `file:…` are UNSUPPORTED: they would replace what the registry admitted.
 * Rejects with a text that begins with `failed to load`, for which clients look.
 */
export async function loadModel(plane: DataPlane, name: string, parameters: readonly string[]): Promise<void> {
  const refused = parameters.find((key) => key === 'config' || key.startsWith('file:'))
  if (refused !== undefined) {
    const kind = refused === 'config' ? '`config`' : '`file:…`'
    throw new SlipwayError(
      'UNSUPPORTED',
      `failed to load '${name}', failed to poll from model repository: the parameter ${kind} would replace what the registry admitted; ` +
        'models are loaded by name, add a version with `slipway models add`',
    )
  }
  try {
    await plane.load(name)
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    const reason = error.code === 'MODEL_UNKNOWN' ? 'failed to poll from model repository: no such model' : error.message
    throw new SlipwayError(error.code, `failed to load '${name}', ${reason}`, { cause: error.cause })
  }
}

function inTritonsWords(error: unknown, { name, selector }: ModelRef): unknown {
  if (!(error instanceof SlipwayError)) return error
  switch (error.code) {
    case 'MODEL_UNKNOWN':
      return new SlipwayError(error.code, `Request for unknown model: '${name}' is not found`)
    case 'VERSION_UNKNOWN':
      return new SlipwayError(error.code, `Request for unknown model: '${name}' version ${selector.version ?? ''} is not found`)
    case 'ALIAS_UNKNOWN':
      return new SlipwayError(
        error.code,
        `failed to get model version from specified version string '${selector.alias ?? ''}' (details: \`${name}\` has no such version or alias)`,
      )
    default:
      return error
  }
}
