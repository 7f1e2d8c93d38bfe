import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

interface Room {
  /** Rooms it may import; itself always. `drivers/*` and `targets/*` stand for every folder there. */
  readonly rooms: readonly string[]
  /** Packages from npm that it may import. */
  readonly packages?: readonly string[]
  /** May use Node's own modules. */
  readonly node?: boolean
}

const floor1 = ['core', 'guardrails', 'monitoring', 'access', 'artifact', 'client']
const target: Room = { rooms: ['core', 'guardrails', 'monitoring', 'access', 'artifact', 'model', 'registry', 'serving'], node: true }
const driver: Room = { rooms: ['core'], node: true }

/** The room table of the house: what is not listed is refused. */
const rooms: Readonly<Record<string, Room>> = {
  core: { rooms: [], packages: ['@standard-schema/spec'] },
  guardrails: { rooms: ['core'] },
  monitoring: { rooms: ['core'] },
  access: { rooms: ['core'], node: true },
  artifact: { rooms: ['core'], packages: ['@bufbuild/protobuf'] },
  client: { rooms: ['core', 'model'] },
  model: { rooms: ['core', 'guardrails', 'monitoring', 'artifact'] },
  registry: { rooms: ['core', 'artifact', 'model'], node: true },
  serving: { rooms: ['core', 'guardrails', 'monitoring', 'model', 'registry'], node: true },
  'drivers/arrow': { ...driver, packages: ['apache-arrow'] },
  'drivers/croner': { ...driver, packages: ['croner'] },
  'drivers/duckdb': { ...driver, packages: ['@duckdb/node-api'] },
  'drivers/esbuild': { ...driver, packages: ['esbuild'] },
  'drivers/folder': driver,
  'drivers/lmdb': { ...driver, packages: ['lmdb'] },
  'drivers/memory': driver,
  'drivers/onnx-node': { ...driver, packages: ['onnxruntime-node'] },
  'drivers/parquet': driver,
  'drivers/pino': { ...driver, packages: ['pino'] },
  'drivers/postgres': { ...driver, packages: ['pg', 'pg-copy-streams'] },
  'drivers/prometheus': { rooms: ['core', 'monitoring'], node: true, packages: ['prom-client'] },
  'drivers/redis': { ...driver, packages: ['redis'] },
  'drivers/sqlite': { ...driver, packages: ['libsql'] },
  'drivers/text-files': { ...driver, packages: ['fzstd'] },
  'drivers/worker-process': driver,
  'targets/batch': target,
  'targets/embedded': target,
  'targets/grpc': { ...target, packages: ['@grpc/grpc-js', '@bufbuild/protobuf'] },
  'targets/score': target,
  'targets/stored': target,
  'targets/http': { ...target, packages: ['fastify', 'csv-parse'] },
  control: {
    rooms: [...floor1, 'model', 'registry', 'serving', 'drivers/*', 'targets/*'],
    node: true,
    packages: ['fastify', 'jiti', 'tinyglobby'],
  },
  cli: { rooms: ['core', 'control', 'artifact', 'targets/batch'], node: true, packages: ['citty', 'cli-progress'] },
}

const isomorphic = new Set(['core', 'guardrails', 'monitoring', 'artifact', 'client', 'model'])

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !/\.(test|test-d|d)\.ts$/.test(file))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** `src/drivers/sqlite/x.ts` -> `drivers/sqlite`; doors, the files at `src/*.ts`, -> null. */
function roomOf(file: string): string | null {
  const parts = file.split('/')
  if (parts.length === 2) return null
  return parts[1] === 'drivers' || parts[1] === 'targets' ? `${parts[1]}/${parts[2]}` : parts[1]!
}

function allows(room: Room, name: string, other: string): boolean {
  return other === name || room.rooms.includes(other) || room.rooms.includes(`${other.split('/')[0]}/*`)
}

function faultOf(file: string, specifier: string): string | null {
  const name = roomOf(file)
  const room = name === null ? null : rooms[name]
  if (name !== null && room === undefined) return `${file}: the room ${name} is not in the table`
  if (specifier.startsWith('.')) {
    const other = roomOf(posix.join(posix.dirname(file), specifier))
    if (name === null) return null
    if (other === null) return `${file}: a room imports the door ${specifier}`
    return allows(room!, name, other) ? null : `${file}: ${name} may not import ${other}`
  }
  if (name === null) return `${file}: a door imports the package ${specifier}`
  if (specifier.startsWith('node:')) return room!.node === true ? null : `${file}: ${name} may not import ${specifier}`
  const parts = specifier.split('/')
  const bare = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
  return room!.packages?.includes(bare) === true ? null : `${file}: ${name} may not import the package ${bare}`
}

describe('the house', () => {
  it('has only imports that the room table allows', () => {
    const faults = filesBelow('src').flatMap((file) => importsOf(file).map((specifier) => faultOf(file, specifier)))
    expect(faults.filter((fault) => fault !== null)).toEqual([])
  })

  it('finds the imports that it judges', () => {
    const imports = filesBelow('src').flatMap((file) => importsOf(file))
    expect(imports.length).toBeGreaterThan(50)
    expect(faultOf('src/core/x.ts', '../model/predictor.js')).toContain('core may not import model')
    expect(faultOf('src/core/x.ts', 'node:fs')).toContain('core may not import node:fs')
    expect(faultOf('src/drivers/sqlite/x.ts', '../folder/x.js')).toContain('may not import drivers/folder')
    expect(faultOf('src/drivers/sqlite/x.ts', 'pg')).toContain('may not import the package pg')
    expect(faultOf('src/attic/x.ts', '../core/x.js')).toContain('not in the table')
  })

  it('has one door for each subpath export, and only re-exports in it', () => {
    const exported = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports as Record<string, { default: string } | string>
    const doors = Object.values(exported).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.default]))
    const files = filesBelow('src').filter((file) => roomOf(file) === null)
    expect(doors.map((door) => door.replace('./dist/', 'src/').replace(/\.js$/, '.ts')).toSorted()).toEqual(files.toSorted())
    for (const file of files) {
      const text = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
      const rest = text.replaceAll(/export (?:type )?\{[^}]*\} from '[^']+'/g, '').trim()
      expect(rest, `${file} holds more than re-exports`).toBe('')
    }
  })

  it('keeps the isomorphic project free of Node rooms', () => {
    const config = readFileSync(join(root, 'tsconfig.isomorphic.json'), 'utf8')
    const included = [...config.matchAll(/"src\/([a-z]+)\/\*\*/g)].map((match) => match[1])
    expect(included.toSorted()).toEqual([...isomorphic].toSorted())
    for (const name of isomorphic) expect(rooms[name]?.node ?? false).toBe(false)
  })

  it('lets the web pages import only the doors slipway and slipway/browser', () => {
    const files = readdirSync(join(root, 'web'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    const fromHouse = files.flatMap((file) => importsOf(file)).filter((name) => name.includes('/src/') || name.startsWith('slipway'))
    expect(fromHouse.filter((name) => name !== 'slipway' && name !== 'slipway/browser')).toEqual([])
  })
})
