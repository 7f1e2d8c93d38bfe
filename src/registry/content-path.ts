import { SlipwayError } from '../core/errors.js'
import { quoted } from './names.js'

/** Names of the files that slipway itself puts into a checked-out version. */
export const contentNames = {
  artifact: 'model.onnx',
  definition: 'definition.mjs',
  golden: 'golden.json',
  profile: 'profile.json',
} as const

/** The file of the fallback model at `index`. */
export function fallbackName(index: number): string {
  return `fallback-${index}.onnx`
}

const ownNames = new Set<string>(Object.values(contentNames))

/** True for a relative path of plain names that stays inside its directory and takes no name of slipway's. */
export function isContentPath(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters, NUL first of all, are what is refused here
  if (path.length > 1024 || /[\u0000-\u001f\u007f\\:]/u.test(path)) return false
  const parts = path.split('/')
  const first = folded(parts[0] ?? '')
  if (ownNames.has(first) || /^fallback-[0-9]+\.onnx$/u.test(first)) return false
  return parts.every((part) => part !== '' && part !== '.' && part !== '..' && new TextEncoder().encode(part).length <= 255)
}

/** Throws ARTIFACT_EXTERNAL unless all paths stay inside and none is taken twice, as a file or as a directory. */
export function checkExternalPaths(paths: readonly string[]): void {
  const outside = paths.find((path) => !isContentPath(path))
  if (outside !== undefined)
    throw new SlipwayError('ARTIFACT_EXTERNAL', `external data ${quoted(outside)} does not lie inside the folder of the model`)
  const sorted = paths.map(folded).sort()
  const clash = sorted.find((path, index) => sorted.slice(index + 1).some((other) => other === path || other.startsWith(`${path}/`)))
  if (clash !== undefined) throw new SlipwayError('ARTIFACT_EXTERNAL', `external data ${quoted(clash)} is given twice`)
}

// Some file systems take `A` and `a`, or two spellings of `é`, for one name.
function folded(path: string): string {
  return path.normalize('NFC').toLowerCase()
}
