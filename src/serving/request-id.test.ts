import { describe, expect, it } from 'vitest'
import { createRequestIds, traceParentOf } from './request-id.js'

describe('createRequestIds', () => {
  it('numbers requests behind a prefix of the server', () => {
    const ids = createRequestIds(() => 'abc')
    expect([ids(undefined), ids(null), ids('')]).toEqual(['abc-1', 'abc-2', 'abc-3'])
  })

  it('keeps an id that a log and a header can hold', () => {
    const ids = createRequestIds()
    expect(ids('a.b:c/d+e=f@g-h_9')).toBe('a.b:c/d+e=f@g-h_9')
    expect(ids('line\nbreak')).not.toContain('line')
  })
})

describe('traceParentOf', () => {
  const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  it('takes what W3C Trace Context allows, later versions too', () => {
    expect(traceParentOf(valid)).toBe(valid)
    expect(traceParentOf(`cc${valid.slice(2)}-future`)).toBe(`cc${valid.slice(2)}-future`)
  })

  it.each([
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    `${valid}-${'x'.repeat(300)}`,
  ])('refuses %s', (traceparent) => {
    expect(traceParentOf(traceparent)).toBeNull()
  })
})
