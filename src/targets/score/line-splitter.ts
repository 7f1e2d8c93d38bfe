import { SlipwayError } from '../../core/errors.js'

/** One line of the input, without its end, and its number from 1. */
export interface Line {
  readonly bytes: Uint8Array
  readonly number: number
}

/** More than any row has. */
const longest = 64 * 1024 * 1024

/** The lines of a source that are not blank, in groups of `size`; the last one may be smaller. SOURCE_INVALID for a line over 64 MiB. */
export async function* lineGroups(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<readonly Line[]> {
  let group: Line[] = []
  let number = 0
  let rest: Uint8Array[] = []
  let restBytes = 0
  const keep = (bytes: Uint8Array): void => {
    number++
    if (!isBlank(bytes)) group.push({ bytes: number === 1 ? withoutMark(bytes) : bytes, number })
  }
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      keep(rest.length === 0 ? chunk.subarray(from, end) : Buffer.concat([...rest, chunk.subarray(from, end)]))
      rest = []
      restBytes = 0
      from = end + 1
      if (group.length < size) continue
      yield group
      group = []
    }
    if (from === chunk.length) continue
    rest.push(chunk.subarray(from))
    restBytes += chunk.length - from
    if (restBytes > longest) throw new SlipwayError('SOURCE_INVALID', `line ${number + 1} is longer than 64 MiB`)
  }
  if (rest.length > 0) keep(Buffer.concat(rest))
  if (group.length > 0) yield group
}

/** White space as JSON has it. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)
}

/** Without the byte order mark that some editors write. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}
