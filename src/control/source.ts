import { type Stats, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { SlipwayError } from '../core/errors.js'

/** A model on somebody's disk: a bare ONNX file, or a definition module that names one. */
export type Source =
  | { readonly kind: 'artifact'; readonly path: string; readonly name: string }
  | { readonly kind: 'definition'; readonly path: string }

const definitionNames = ['model.ts', 'model.mts', 'model.js', 'model.mjs']
const definitionTypes = new Set(['.ts', '.mts', '.js', '.mjs'])

/** What a path given by a user stands for: an .onnx file, a definition, a folder with one of them, or a folder of such folders. */
export async function findSources(path: string): Promise<readonly Source[]> {
  const full = resolve(path)
  const found = statOrNull(full)
  if (found === null) throw new SlipwayError('FILE_UNKNOWN', `no such file or folder: ${path}`)
  if (found.isFile()) return [sourceOfFile(full, path)]
  const here = await sourceOfFolder(full)
  if (here !== null) return [here]
  const entries = await readdir(full, { withFileTypes: true })
  const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => sourceOfFolder(join(full, entry.name))))
  const sources = below.filter((source) => source !== null)
  if (sources.length === 0) throw new SlipwayError('FILE_UNKNOWN', `${path} holds neither model.ts nor an .onnx file, nor folders that do`)
  return sources.toSorted((a, b) => a.path.localeCompare(b.path))
}

function sourceOfFile(full: string, shown: string): Source {
  const type = extname(full)
  if (type === '.onnx') return { kind: 'artifact', path: full, name: nameOfFile(full) }
  if (definitionTypes.has(type)) return { kind: 'definition', path: full }
  throw new SlipwayError('USAGE', `${shown} is neither an .onnx file nor a definition (${[...definitionTypes].join(', ')})`)
}

async function sourceOfFolder(folder: string): Promise<Source | null> {
  const names = await readdir(folder)
  const definition = definitionNames.find((name) => names.includes(name))
  if (definition !== undefined) return { kind: 'definition', path: join(folder, definition) }
  const graphs = names.filter((name) => name.endsWith('.onnx'))
  if (graphs.length > 1) {
    throw new SlipwayError('USAGE', `${basename(folder)} holds ${graphs.length} .onnx files and no model.ts: name the file`)
  }
  const graph = graphs[0]
  return graph === undefined ? null : { kind: 'artifact', path: join(folder, graph), name: nameOfFile(graph) }
}

/** `Fraud Model.v2.onnx` -> `fraud-model.v2`: the nearest name that the registry takes. */
function nameOfFile(path: string): string {
  const name = basename(path, extname(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 128)
  return name === '' ? 'model' : name
}

function statOrNull(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null
}
