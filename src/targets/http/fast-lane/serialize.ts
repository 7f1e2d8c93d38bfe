import { STATUS_CODES, validateHeaderValue } from 'node:http'
import type { HttpAnswer } from '../answer.js'
import { type AnswerContext, answerHeaders } from '../write-answer.js'

/** Bytes for a socket. A text whose every character is one byte is sent as latin1, which costs least. */
export interface Serialized {
  readonly bytes: string | Buffer
  readonly encoding: 'latin1' | 'utf8'
}

const ascii = /^[\t\x20-\x7E]*$/

/** Writes answers as the bytes of HTTP/1.1 responses (RFC 9112). A header value that would break out of its line throws. */
export function createSerializer(now: () => number): (answer: HttpAnswer, context: AnswerContext) => Serialized {
  const date = httpDate(now)
  return (answer, context) => {
    let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\nDate: ${date()}\r\n`
    let plain = true
    const headers = answerHeaders(answer, context)
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === 'string' && !ascii.test(value)) {
        validateHeaderValue(name, value)
        plain = false
      }
      head += `${name}: ${value}\r\n`
    }
    const { body } = answer
    if (plain && typeof body === 'string')
      return { bytes: `${head}\r\n${body}`, encoding: headers['content-length'] === body.length ? 'latin1' : 'utf8' }
    const rest = typeof body === 'string' ? Buffer.from(body) : body
    return { bytes: Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), rest]), encoding: 'latin1' }
  }
}

/** The Date header, made anew once a second. */
function httpDate(now: () => number): () => string {
  let second = -1
  let text = ''
  return () => {
    const current = Math.floor(now() / 1000)
    if (current !== second) {
      second = current
      text = new Date(current * 1000).toUTCString()
    }
    return text
  }
}
