import { inflateSync } from 'node:zlib'

/** The pixels of an 8-bit grey PNG without interlacing (PNG specification, sections 5, 9 and 10), row after row. */
export function readGreyPng(file: Buffer): Uint8Array {
  const parts: Buffer[] = []
  let width = 0
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    const data = file.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') width = widthOf(data)
    if (type === 'IDAT') parts.push(data)
    at += length + 12
  }
  return unfilter(inflateSync(Buffer.concat(parts)), width)
}

function widthOf(header: Buffer): number {
  const [depth, colour, , , interlace] = header.subarray(8)
  if (depth !== 8 || colour !== 0 || interlace !== 0) throw new Error('expected an 8-bit grey PNG without interlacing')
  return header.readUInt32BE(0)
}

/** Undoes the filter of each line: what a pixel was predicted to be from those before it is added again. */
function unfilter(lines: Uint8Array, width: number): Uint8Array {
  const pixels = new Uint8Array((lines.length / (width + 1)) * width)
  for (let from = 0, to = 0; from < lines.length; from += width + 1, to += width) {
    for (let x = 0; x < width; x += 1) {
      const left = at(pixels, to + x - 1, x > 0)
      const up = at(pixels, to + x - width, true)
      const corner = at(pixels, to + x - width - 1, x > 0)
      pixels[to + x] = at(lines, from + 1 + x, true) + predicted(at(lines, from, true), left, up, corner)
    }
  }
  return pixels
}

/** The pixel there; 0 beyond the edges. */
function at(pixels: Uint8Array, index: number, inside: boolean): number {
  return inside ? (pixels[index] ?? 0) : 0
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  return filter === 3 ? (left + up) >> 1 : paeth(left, up, corner)
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}
