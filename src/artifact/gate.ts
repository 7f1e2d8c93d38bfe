import { SlipwayError } from '../core/errors.js'
import type { ExternalData, GraphInfo } from './graph-info.js'
import { inspectModel } from './inspect.js'
import type { ArtifactLimits } from './limits.js'

/** What the owner of a registry allows in an artifact beyond the rules that always hold. */
export interface ArtifactPolicy {
  /** Operator domains allowed beside `ai.onnx`, `ai.onnx.ml` and `com.microsoft`. */
  readonly allowDomains: readonly string[]
  /** Locations of external data that come with the artifact, relative to it. */
  readonly externalFiles: readonly string[]
  readonly limits?: Partial<ArtifactLimits>
}

/**
 * Decides from the bytes alone whether an ONNX file may be admitted, and throws the reason when not. It says nothing about how long
 * a run takes or how much memory it wants: that is what the trial run in a child process is for. Rules: docs/reference/artifacts.md.
 */
export function gateArtifact(bytes: Uint8Array, policy: ArtifactPolicy): GraphInfo {
  const info = inspectModel(bytes, policy.limits)
  const reason = unsupportedReason(info)
  if (reason !== null) throw new SlipwayError('ARTIFACT_UNSUPPORTED', reason)
  refuseCustomDomains(info, policy.allowDomains)
  refuseFileOperators(info)
  for (const data of info.externalData) refuseUnlisted(data, policy.externalFiles)
  return info
}

/** Why no engine of slipway can run the model, or null when it can; a ZipMap is no reason, since `stripZipMap` takes it out. */
export function unsupportedReason(info: GraphInfo): string | null {
  const [first] = info.unsupported
  if (first !== undefined)
    return `${first.role} \`${first.name}\` is ${first.type}: slipway passes tensors of bool, integers, floats and strings`
  return info.outputs.length === 0 ? 'the graph has no outputs' : null
}

function refuseCustomDomains(info: GraphInfo, allowed: readonly string[]): void {
  const refused = info.customDomains.filter((domain) => !allowed.includes(domain))
  if (refused.length === 0) return
  const operators = Object.keys(info.operators).filter((name) => refused.some((domain) => name.startsWith(`${domain}:`)))
  throw new SlipwayError('ARTIFACT_CUSTOM_OP', `operators of a domain that is not allowed: ${operators.slice(0, 5).join(', ')}`)
}

/** EPContext names a file in an attribute and has the engine open it (https://github.com/microsoft/onnxruntime/pull/28725). */
function refuseFileOperators(info: GraphInfo): void {
  if (info.operators['com.microsoft:EPContext'] === undefined) return
  throw new SlipwayError('ARTIFACT_CUSTOM_OP', 'com.microsoft:EPContext holds a model compiled for one device, or the path of one')
}

function refuseUnlisted({ tensor, location }: ExternalData, files: readonly string[]): void {
  if (!isPlainRelativePath(location)) {
    throw new SlipwayError(
      'ARTIFACT_EXTERNAL',
      `tensor \`${tensor}\` has external data outside the folder of the model, or at a name that is not plain`,
    )
  }
  if (files.includes(location)) return
  throw new SlipwayError(
    'ARTIFACT_EXTERNAL',
    `tensor \`${tensor}\` has external data in \`${location}\`, which did not come with the model`,
  )
}

/**
 * Relative, forward slashes, no empty part, no part that ends in a dot or space, no control character, and none of the characters
 * that mean something to Windows or, as the star in its marker for an address in memory, to ONNX Runtime itself
 * (https://github.com/microsoft/onnxruntime/pull/28709).
 */
function isPlainRelativePath(location: string): boolean {
  if (location.length > 255 || /[\p{Cc}\\:*?"<>|]/u.test(location)) return false
  return location.split('/').every((part) => part !== '' && !/[. ]$/u.test(part))
}
