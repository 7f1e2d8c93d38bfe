import { SlipwayError } from '../../../core/errors.js'

/** One part of a multipart/form-data body. */
export interface Part {
  readonly name: string
  readonly contentType: string | null
  readonly body: Buffer
}

const lineBreak = Buffer.from('\r\n')
const headEnd = Buffer.from('\r\n\r\n')
/** A part has a name and a type; nobody needs more header than this. */
const headBytes = 8192

/** The parts of a body (RFC 7578, RFC 2046 section 5.1); INVALID_REQUEST when it is not in that form, or has more than `limit` parts. */
export function readMultipart(body: Buffer, contentType: string, limit: number): Part[] {
  const delimiter = Buffer.from(`--${boundaryOf(contentType)}`)
  const parts: Part[] = []
  let at = startOf(body, delimiter)
  for (;;) {
    at += delimiter.length
    if (body.toString('latin1', at, at + 2) === '--') return parts
    if (!body.subarray(at, at + 2).equals(lineBreak)) throw malformed('a boundary is not followed by a line break')
    if (parts.length === limit) throw malformed(`there are more than ${limit} parts`)
    const head = body.indexOf(headEnd, at)
    if (head < 0 || head - at > headBytes) throw malformed('the header of a part has no end')
    const start = head + headEnd.length
    const end = body.indexOf(Buffer.concat([lineBreak, delimiter]), start)
    if (end < 0) throw malformed('the last boundary is missing')
    parts.push({ ...readHead(body.toString('utf8', at + 2, head)), body: body.subarray(start, end) })
    at = end + lineBreak.length
  }
}

/** At most 70 characters (RFC 2046, section 5.1.1): searching for a longer one is how a body makes a server spin. */
function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw malformed('the content type names no boundary of 1 to 70 characters')
  return boundary
}

function startOf(body: Buffer, delimiter: Buffer): number {
  if (body.subarray(0, delimiter.length).equals(delimiter)) return 0
  const preamble = body.indexOf(Buffer.concat([lineBreak, delimiter]))
  if (preamble < 0) throw malformed('the first boundary is missing')
  return preamble + lineBreak.length
}

function readHead(text: string): { name: string; contentType: string | null } {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  const disposition = fields.get('content-disposition') ?? ''
  const match = /;\s*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition)
  const name = match?.[1] ?? match?.[2]
  if (name === undefined) throw malformed('a part has no name')
  return { name, contentType: fields.get('content-type') ?? null }
}

function malformed(what: string): SlipwayError {
  return new SlipwayError('INVALID_REQUEST', `the multipart body can not be read: ${what}`)
}
