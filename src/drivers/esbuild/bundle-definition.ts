import { fileURLToPath } from 'node:url'
import type { BuildFailure, Plugin } from 'esbuild'
import { SlipwayError } from '../../core/errors.js'

export interface Bundle {
  /** One ES module with a default export and no import left. */
  readonly code: string
  /** Files that went into it, relative to the working directory. */
  readonly sources: readonly string[]
}

/**
 * Bundles a definition module (TypeScript or JavaScript) with everything that it imports into one self-contained ES module, so that a
 * version always runs the code that it was made with. Node's own modules are refused: a definition runs in browsers too.
 */
export async function bundleDefinition(path: string, door: URL): Promise<Bundle> {
  const { build } = await import('esbuild')
  try {
    const result = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['import', 'module', 'default'],
      target: 'es2023',
      treeShaking: true,
      legalComments: 'none',
      logLevel: 'silent',
      metafile: true,
      loader: { '.txt': 'text' },
      plugins: [slipwayOnly(door)],
    })
    const output = result.outputFiles[0]
    if (output === undefined) throw new SlipwayError('DEFINITION_LOAD', 'the definition is empty')
    return { code: output.text, sources: Object.keys(result.metafile.inputs).toSorted() }
  } catch (error) {
    if (error instanceof SlipwayError) throw error
    throw new SlipwayError('DEFINITION_LOAD', `the definition could not be bundled: ${firstMessage(error)}`, { cause: error })
  }
}

/** Resolves `slipway` to the running package, wherever the definition lies, and refuses Node's own modules. */
function slipwayOnly(door: URL): Plugin {
  return {
    name: 'slipway-definition',
    setup(build) {
      build.onResolve({ filter: /^slipway$/ }, () => ({ path: fileURLToPath(door), sideEffects: false }))
      build.onResolve({ filter: /^node:/ }, (found) => ({
        errors: [{ text: `${found.path} is not available: a definition runs in browsers too, and may not use Node's own modules` }],
      }))
    },
  }
}

function firstMessage(error: unknown): string {
  const first = (error as Partial<BuildFailure>).errors?.[0]
  if (first === undefined) return 'unknown reason'
  const place = first.location === null ? '' : ` (line ${first.location.line}, column ${first.location.column})`
  return `${first.text}${place}`
}
