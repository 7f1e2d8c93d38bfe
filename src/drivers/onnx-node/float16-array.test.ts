import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { identityModel } from '../../../test/fixtures/models.js'

/** What newer runtimes have: 16-bit floats behind a view that is no Uint16Array. */
class Float16View {
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
  readonly length: number
  readonly byteLength: number

  constructor(buffer: ArrayBuffer, byteOffset: number, length: number) {
    this.buffer = buffer
    this.byteOffset = byteOffset
    this.length = length
    this.byteLength = length * 2
  }

  static from(): never {
    throw new Error('nothing here makes one from values')
  }
}

it('float16 is raw bits also where the runtime has Float16Array', async () => {
  const runtime = globalThis as { Float16Array?: unknown }
  const own = runtime.Float16Array
  // The engine looks once, when it makes its first tensor, so this test has a file, and with it a process, of its own.
  runtime.Float16Array ??= Float16View
  const folder = await mkdtemp(join(tmpdir(), 'slipway-float16-'))
  try {
    const { loadOnnxNode } = await import('./onnx-node.js')
    const engine = await loadOnnxNode()
    await writeFile(join(folder, 'm.onnx'), identityModel('float16', ['N']))
    const session = await engine.open(join(folder, 'm.onnx'), { threads: 1 })
    const bits = Uint16Array.of(0x3c_00, 0x7e_01)
    const { y } = await session.run({ x: { dtype: 'float16', shape: [2], data: bits } })
    expect(y).toEqual({ dtype: 'float16', shape: [2], data: bits })
    expect(y!.data).toBeInstanceOf(Uint16Array)
    await session.close()
  } finally {
    runtime.Float16Array = own
    await rm(folder, { recursive: true, force: true })
  }
})
