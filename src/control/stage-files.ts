import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import { gateArtifact } from '../artifact/gate.js'
import type { GraphInfo } from '../artifact/graph-info.js'
import { stripZipMap } from '../artifact/strip-zip-map.js'
import { SlipwayError } from '../core/errors.js'
import { bundleDefinition } from '../drivers/esbuild/bundle-definition.js'
import type { ModelDefinition } from '../model/definition.js'
import { contentNames, fallbackName } from '../registry/content-path.js'
import type { StageRequest } from './staged-model.js'
import { importDefinition } from './version-definition.js'

/** The files of a version, gated and laid out in the staging folder. */
export interface StagedFiles {
  /** Null when everything is derived from the graph. */
  readonly definition: ModelDefinition | null
  readonly definitionPath: string | null
  readonly artifactPath: string
  readonly graph: GraphInfo
  readonly fallbacks: readonly { readonly name: string; readonly path: string }[]
  /** Digest of the ONNX file as it was given, before ZipMap nodes were taken out. */
  readonly sourceDigest: string
}

/** Bundles the definition, gates every ONNX file, and writes them where the version will be loaded from. */
export async function stageFiles(request: StageRequest): Promise<StagedFiles> {
  const { source, directory } = request
  const definitionPath = source.kind === 'definition' ? await stageDefinition(source.path, directory) : null
  const definition = definitionPath === null ? null : await importDefinition(definitionPath)
  const folder = dirname(source.path)
  const given = definition === null ? source.path : resolve(folder, definition.artifact)
  const artifactPath = join(directory, contentNames.artifact)
  const { graph, digest } = await stageArtifact(given, artifactPath, request)
  const models = (definition?.fallback ?? []).filter((fallback) => 'artifact' in fallback)
  const fallbacks: { name: string; path: string }[] = []
  for (const [index, fallback] of models.entries()) {
    const path = join(directory, fallbackName(index))
    await stageArtifact(resolve(folder, fallback.artifact), path, { ...request, externalFiles: [] })
    fallbacks.push({ name: fallback.name, path })
  }
  for (const file of request.externalFiles) await stageExternal(dirname(given), directory, file)
  return { definition, definitionPath, artifactPath, graph, fallbacks, sourceDigest: digest }
}

async function stageDefinition(path: string, directory: string): Promise<string> {
  const { code } = await bundleDefinition(path, new URL('../index.js', import.meta.url))
  const target = join(directory, contentNames.definition)
  await writeFile(target, code, { mode: 0o600 })
  return target
}

async function stageArtifact(
  path: string,
  target: string,
  policy: Pick<StageRequest, 'allowDomains' | 'externalFiles'>,
): Promise<{ readonly graph: GraphInfo; readonly digest: string }> {
  const bytes = await readArtifact(path)
  const graph = gateArtifact(bytes, policy)
  const stored = graph.zipMaps.length > 0 ? stripZipMap(bytes) : bytes
  await writeFile(target, stored, { mode: 0o600 })
  return { graph, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}

async function readArtifact(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new SlipwayError('FILE_UNKNOWN', `the ONNX file ${basename(path)} could not be read`, { cause })
  }
}

/** The gate has seen that every location is a plain path inside the folder. */
async function stageExternal(from: string, directory: string, file: string): Promise<void> {
  const target = join(directory, file)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  try {
    await copyFile(join(from, file), target)
  } catch (cause) {
    throw new SlipwayError('ARTIFACT_EXTERNAL', `the external data ${file} could not be read`, { cause })
  }
}
