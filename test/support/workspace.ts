import { mkdirSync } from 'node:fs'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { slipway, startServer, type CommandResult, type ServerProcess } from './slipway.js'

/** A folder of its own with an empty state folder, in which the built product is used as a user would. */
export interface Workspace {
  readonly folder: string
  /** The state folder; the first command makes it. */
  readonly state: string
  /** Where every process started from this test file keeps its temporary files, so that leftovers show. */
  readonly temporary: string
  /** Writes a file, and the folders above it; gives its whole path. */
  file(name: string, content: Uint8Array | string): Promise<string>
  /** Runs a command on the state folder to its end. */
  run(...args: readonly string[]): Promise<CommandResult>
  /** Runs a command with `--json` that must succeed, and gives what it printed. */
  json(...args: readonly string[]): Promise<unknown>
  /** Starts a server on the state folder; it is ended with the workspace at the latest. */
  serve(...args: readonly string[]): Promise<ServerProcess>
  remove(): Promise<void>
}

/** Opens a workspace. Only one may be open in a test file at a time, since the folder of temporary files is the process's. */
export async function openWorkspace(): Promise<Workspace> {
  const before = process.env['TMPDIR']
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-e2e-')))
  const state = join(folder, 'state')
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  process.env['TMPDIR'] = temporary
  const servers: ServerProcess[] = []
  const run: Workspace['run'] = (...args) => slipway([...args, '--state', state], { cwd: folder })
  return {
    folder,
    state,
    temporary,
    run,
    async file(name, content) {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      await writeFile(path, content)
      return path
    },
    async json(...args: readonly string[]) {
      const { code, stdout, stderr } = await run(...args, '--json')
      if (code !== 0) throw new Error(`slipway ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
      return JSON.parse(stdout) as unknown
    },
    async serve(...args) {
      const server = await startServer([...args, '--state', state])
      // What is printed first is an error when it could not start.
      if (server.url === undefined) throw new Error(`the server ended with ${await server.exited}: ${server.output()}`)
      servers.push(server)
      return server
    },
    async remove() {
      await Promise.all(servers.map((server) => server.stop()))
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
      await rm(folder, { recursive: true, force: true })
    },
  }
}
