import { spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunBlock, runBlocks, isShown } from '../support/run-blocks.js'
import { type CommandResult, type ServerProcess, startServer } from '../support/slipway.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = join(root, 'dist/cli/main.js')
/** In scripts, `slipway` and `npx slipway` are the built product: nothing is looked up elsewhere. */
const prelude = `slipway() { "${process.execPath}" "${main}" "$@"; }
npx() { [ "$1" = slipway ] || { echo "npx $1: only slipway is run here" >&2; return 1; }; shift; slipway "$@"; }
`

/** README, and whichever pages of the documentation have marked blocks. */
const pages = [join(root, 'README.md'), ...markdownBelow(join(root, 'docs'))]
  .map((page) => ({ name: relative(root, page), blocks: runBlocks(pathToFileURL(page)) }))
  .filter(({ name, blocks }) => name === 'README.md' || blocks.length > 0)

function markdownBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.md')).map((entry) => join(entry.parentPath, entry.name))
}

/** Runs a block in a folder, with the addresses of the server in the place of the default ones. */
async function run(block: RunBlock, folder: string, server: ServerProcess | null): Promise<CommandResult> {
  const code = server === null ? block.code : atServer(block.code, server)
  const file = join(folder, `block-${block.line}.${block.language}`)
  await writeFile(file, block.language === 'sh' ? `${prelude}${code}` : code)
  const [command, ...args] = block.language === 'sh' ? ['bash', '-euo', 'pipefail', file] : [process.execPath, '--import', 'tsx', file]
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (exit) => resolve({ code: exit ?? -1, stdout, stderr }))
  })
}

function atServer(code: string, { url, grpcAddress, adminUrl }: ServerProcess): string {
  return code
    .replaceAll(/(?:127\.0\.0\.1|localhost):8080/g, new URL(url).host)
    .replaceAll(/(?:127\.0\.0\.1|localhost):8081/g, grpcAddress)
    .replaceAll(/(?:127\.0\.0\.1|localhost):8082/g, new URL(adminUrl).host)
}

describe.each(pages)('$name', ({ blocks }) => {
  let folder: string
  let server: ServerProcess | null = null

  beforeAll(async () => {
    // Inside the repository, so that `slipway/client` and its sisters are this package.
    await mkdir(join(root, 'build'), { recursive: true })
    folder = await mkdtemp(join(root, 'build/page-'))
    if (blocks.some(({ wantsServer }) => wantsServer)) {
      server = await startServer([join(root, 'examples'), '--state', join(folder, '.slipway')])
    }
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('has blocks that are run', () => {
    expect(blocks).not.toEqual([])
    expect(existsSync(folder)).toBe(true)
  })

  it.each(blocks)('runs its $language block of line $line', async (block) => {
    const { code, stdout, stderr } = await run(block, folder, block.wantsServer ? server : null)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toBe('')
    expect({ stdout, isShown: isShown(block.shown ?? '…', stdout) }).toEqual({ stdout, isShown: true })
  })
})
