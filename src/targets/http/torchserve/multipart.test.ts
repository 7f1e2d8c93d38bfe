import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMultipart } from './multipart.js'

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/)
const boundary = fc.stringMatching(/^[A-Za-z0-9'()+_,./:=?-]{1,70}$/).filter((text) => !text.includes(';'))

function write(parts: readonly { readonly name: string; readonly body: Buffer }[], mark: string): Buffer {
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--${mark}\r\nContent-Disposition: form-data; name="${part.name}"\r\n\r\n`),
    part.body,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...pieces, Buffer.from(`--${mark}--\r\n`)])
}

describe('readMultipart', () => {
  it('reads back what was written, whatever the bytes', () => {
    const parts = fc.array(fc.record({ name, body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(parts, boundary, (written, mark) => {
        fc.pre(written.every(({ body }) => !body.includes(`\r\n--${mark}`)))
        const read = readMultipart(write(written, mark), `multipart/form-data; boundary="${mark}"`, 10)
        expect(read.map((part) => ({ name: part.name, body: part.body }))).toEqual(written)
      }),
    )
  })

  it('never hangs or throws anything but a refusal', () => {
    const pieces = fc.array(fc.constantFrom('--XX', '--XX--', '\r\n', '\r\n\r\n', 'Content-Disposition: form-data; name="a"', 'x', '--'), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(pieces, (texts) => {
        expect(codeOf(() => readMultipart(Buffer.from(texts.join('')), 'multipart/form-data; boundary=XX', 5))).toMatch(
          /^(?:read|INVALID_REQUEST)$/,
        )
      }),
    )
  })

  it('reads content types, names without quotes, and a preamble', () => {
    const body = Buffer.from(
      'preamble\r\n--XX\r\ncontent-type: image/png\r\nContent-Disposition: form-data; name=data; filename="a.png"\r\n\r\nPNG\r\n--XX--',
    )
    expect(readMultipart(body, 'multipart/form-data; charset=utf-8; boundary=XX', 5)).toEqual([
      { name: 'data', contentType: 'image/png', body: Buffer.from('PNG') },
    ])
  })
})

function codeOf(read: () => unknown): unknown {
  try {
    read()
    return 'read'
  } catch (error) {
    return (error as { readonly code?: unknown }).code ?? error
  }
}
