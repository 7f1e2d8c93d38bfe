import { describe, expect, it } from 'vitest'
import { parseHead } from './parse-head.js'

const plain = ['POST /models/m/predict HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 12']
const withLine = (line: string): string => [...plain, line].join('\r\n')

describe('parseHead', () => {
  it('reads a plain POST', () => {
    const head = parseHead(plain.join('\r\n'))
    expect(head).toMatchObject({ url: '/models/m/predict', contentLength: 12 })
    expect(head?.headers).toMatchObject({ host: 'x', 'content-type': 'application/json' })
  })

  it('reads a GET, which has no body', () => {
    const head = parseHead('GET /models/m/stored/k HTTP/1.1\r\nHost: x')
    expect(head).toMatchObject({ method: 'GET', url: '/models/m/stored/k', contentLength: 0 })
  })

  it.each([
    ['another method', 'PUT /models/m/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 0'],
    ['a GET with a length', 'GET /models/m/stored/k HTTP/1.1\r\nHost: x\r\nContent-Length: 0'],
    ['HTTP/1.0', 'POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 1'],
    ['an absolute target', 'POST http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1'],
    ['no Host', 'POST / HTTP/1.1\r\nContent-Length: 1'],
    ['no Content-Length', 'POST / HTTP/1.1\r\nHost: x'],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1'],
    ['a list of lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1'],
    ['two lengths', withLine('content-length: 12')],
    ['two hosts', withLine('HOST: y')],
    ['chunked', withLine('Transfer-Encoding: chunked')],
    ['Expect', withLine('Expect: 100-continue')],
    ['Upgrade', withLine('Upgrade: h2c')],
    ['Connection: close', withLine('Connection: close')],
    ['a compressed body', withLine('Content-Encoding: gzip')],
    ['a folded header', withLine(' and more')],
    ['a space before the colon', withLine('X-A : 1')],
    ['a bare line feed', withLine('X-A: 1\nX-B: 2')],
    ['a NUL', withLine('X-A: \u0000')],
    ['bytes beyond ASCII', withLine('X-A: \u00E9')],
    ['a line without a colon', withLine('X-A')],
  ])('leaves %s to the full parser', (_, text) => {
    expect(parseHead(text)).toBeNull()
  })

  it('takes Connection: keep-alive, which changes nothing in HTTP/1.1', () => {
    expect(parseHead(withLine('Connection: keep-alive'))).not.toBeNull()
  })

  it('has no prototype that a header could reach', () => {
    expect(parseHead(withLine('__proto__: 1'))?.headers['__proto__']).toBe('1')
    expect(parseHead(plain.join('\r\n'))?.headers['constructor']).toBeUndefined()
  })
})
