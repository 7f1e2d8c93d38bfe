import { expect, it, vi } from 'vitest'
import { loadOnnxNode } from './onnx-node.js'

it('a machine that ONNX Runtime has no build for gets the reason and the install line', async () => {
  vi.doMock('onnxruntime-node', () => {
    throw new Error('libonnxruntime.so.1: cannot open shared object file')
  })
  const failure = await loadOnnxNode().catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({
    code: 'PACKAGE_MISSING',
    message: expect.stringMatching(/could not be loaded on \S+; npm install onnxruntime-node/u) as string,
  })
  expect(failure).toHaveProperty('cause')
  vi.doUnmock('onnxruntime-node')
})
