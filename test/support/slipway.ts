import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built command line to its end. */
export function slipway(args: readonly string[], options: { readonly cwd?: string; readonly input?: string } = {}): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
    child.stdin.end(options.input ?? '')
  })
}

/** A server of the built command line, on free ports. */
export interface ServerProcess {
  readonly url: string
  readonly grpcAddress: string
  readonly adminUrl: string
  readonly pid: number
  /** Everything printed so far. */
  output(): string
  /** Sends SIGTERM and resolves to the exit code. */
  stop(): Promise<number>
  readonly exited: Promise<number>
}

/** What `slipway serve --json` prints once it listens. */
interface Started {
  readonly http: string
  readonly grpc: string
  readonly admin: string
}

/** Starts `slipway serve` with free ports and waits, 60 s at most, until it says that it listens. */
export async function startServer(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const ports = ['--port', '0', '--grpc-port', '0', '--admin-port', '0', '--json']
  const child = spawn(process.execPath, [main, 'serve', ...args, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let printed = ''
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  const started = await firstLine(child, () => printed)
  return {
    url: started.http,
    grpcAddress: started.grpc,
    adminUrl: started.admin,
    pid: child.pid!,
    output: () => printed,
    exited,
    stop: () => {
      child.kill('SIGTERM')
      return exited
    },
  }
}

function firstLine(child: ChildProcess, printed: () => string): Promise<Started> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    const timer = setTimeout(() => reject(new Error(`the server did not start within 60 s: ${printed()}`)), 60_000)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${stdout}${printed()}`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      const end = stdout.indexOf('\n')
      if (end === -1) return
      clearTimeout(timer)
      resolve(JSON.parse(stdout.slice(0, end)) as Started)
    })
  })
}
