import { describe, expect, it } from 'vitest'
import { contentOf } from './content.js'

describe('contentOf', () => {
  it.each([
    [null, 'json'],
    ['application/json', 'json'],
    ['Application/JSON; charset=UTF-8', 'json'],
    ['application/json; charset="utf-8";', 'json'],
    ['application/x-www-form-urlencoded', 'json'],
    ['text/csv', 'csv'],
    ['application/octet-stream', 'infer'],
  ])('reads %s', (header, kind) => {
    expect(contentOf(header)).toEqual({ kind, headerBytes: null })
  })

  it("reads the JSON length from Triton's type", () => {
    expect(contentOf('application/vnd.sagemaker-triton.binary+json;json-header-size=120')).toEqual({ kind: 'infer', headerBytes: 120 })
  })

  it.each(['text/xml', 'application/json; charset=latin1', 'text/csv; header=present', 'constructor', '<script>'])(
    'refuses %s',
    (header) => {
      expect(() => contentOf(header)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.not.stringContaining('<') as unknown }),
      )
    },
  )

  it("refuses Triton's type without a length", () => {
    expect(() => contentOf('application/vnd.sagemaker-triton.binary+json')).toThrow(/json-header-size/)
  })
})
