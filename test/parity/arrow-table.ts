import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as arrow from 'apache-arrow'
import type { DescribedModel, Row } from './models.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

const types: Readonly<Record<string, () => arrow.DataType>> = {
  FP64: () => new arrow.Float64(),
  FP32: () => new arrow.Float32(),
  INT64: () => new arrow.Int64(),
  INT32: () => new arrow.Int32(),
  UINT8: () => new arrow.Uint8(),
  BOOL: () => new arrow.Bool(),
  BYTES: () => new arrow.Utf8(),
}

/** The rows as one batch of an Arrow stream, in columns of the types that the model's metadata names. */
export async function writeArrow({ inputs }: DescribedModel, rows: readonly Row[]): Promise<Uint8Array> {
  const columns = inputs.map(({ name, datatype }) => {
    const values = rows.map((row) => valueOf(row[name] ?? null, datatype))
    const present = values.find((value) => value !== null)
    return [name, arrow.vectorFromArray(values, typeOf(present, types[datatype]!()))] as const
  })
  return arrow.tableToIPC(new arrow.Table(Object.fromEntries(columns)), 'stream')
}

/** What a command makes of an Arrow stream. */
export async function readArrow(input: Uint8Array, args: readonly string[]): Promise<readonly Row[]> {
  const child = spawn(process.execPath, [main, ...args], { stdio: 'pipe' })
  const out: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`slipway ${args.join(' ')} ended with ${code}: ${stderr}`)
  return Array.from(arrow.tableFromIPC(Buffer.concat(out)), (row) =>
    Object.fromEntries(Object.entries(row!.toJSON() as Row).map(([name, value]) => [name, plain(value)])),
  )
}

function typeOf(value: unknown, element: arrow.DataType): arrow.DataType {
  if (!Array.isArray(value)) return element
  return new arrow.List(new arrow.Field('item', typeOf(value[0], element), true))
}

function valueOf(value: unknown, datatype: string): unknown {
  if (Array.isArray(value)) return value.map((element) => valueOf(element, datatype))
  return datatype === 'INT64' && typeof value === 'number' ? BigInt(value) : value
}

function plain(value: unknown): unknown {
  if (value instanceof arrow.Vector) return Array.from(value as Iterable<unknown>, plain)
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value
}
