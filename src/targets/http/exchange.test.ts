import { describe, expect, it } from 'vitest'
import { HttpExchange } from './exchange.js'

const departure = { destroyed: false, writableFinished: false, once: () => undefined }

function timeoutOf(header: string | null, ofProtocol: number | null = null): number | undefined {
  const headers = header === null ? {} : { 'slipway-timeout-ms': header }
  const exchange = new HttpExchange({ method: 'POST', url: '/', headers }, departure, { params: {}, requestId: 'r' })
  return exchange.context('oip', ofProtocol).timeoutMs
}

describe('the time that a client allows', () => {
  it('is that of the header, that of the protocol, or the smaller of the two', () => {
    expect(timeoutOf(null)).toBeUndefined()
    expect(timeoutOf('250')).toBe(250)
    expect(timeoutOf(null, 100)).toBe(100)
    expect(timeoutOf('250', 100)).toBe(100)
    expect(timeoutOf('50', 100)).toBe(50)
  })

  it.each(['soon', '', '0', '-1', 'Infinity'])('is refused as %j', (header) => {
    expect(() => timeoutOf(header)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })
})
