import { expect, it, vi } from 'vitest'
import { loadDuckdb } from './load-duckdb.js'

it('a machine without the package gets the reason and the install line', async () => {
  vi.doMock('@duckdb/node-api', () => {
    throw new Error('Cannot find package')
  })
  const failure = await loadDuckdb().catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({
    code: 'PACKAGE_MISSING',
    message: expect.stringContaining('npm install @duckdb/node-api@1.5.6-r.1') as string,
  })
  vi.doUnmock('@duckdb/node-api')
})
