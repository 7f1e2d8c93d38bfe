import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { RunProgress } from '../targets/batch/run-report.js'
import { progressLine } from './progress-line.js'
import { createProgress } from './progress.js'

const snapshot: RunProgress = {
  run: 'r1',
  name: 'nightly',
  model: 'fraud@3',
  phase: 'scoring',
  partitionsDone: 6,
  partitions: 12,
  fraction: 0.525,
  rowsPerSecond: 1_234_567,
  etaMs: 41_200,
  elapsedMs: 1000,
  read: 6_240_000,
  filtered: 0,
  written: 6_239_988,
  bad: 12,
  fallback: 3,
}

/** A stream that keeps what is written to it; a terminal when it has columns. */
function streamOf(columns?: number): Writable & { readonly isTTY?: boolean; readonly columns?: number; text(): string } {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return Object.assign(stream, { text: () => chunks.join('') }, columns === undefined ? {} : { isTTY: true, columns })
}

describe('the line of progress', () => {
  it('has bar, share, rows, time left, rate, bad and fallback rows', () => {
    expect(progressLine(snapshot, 120)).toBe(
      'nightly  ███████████████░░░░░░░░░░░░░░░   52%  6,240,000 rows  ETA 0:42  1.23M rows/s  bad 12  fallback 3',
    )
  })

  it('fits any width, and leaves out what matters least first', () => {
    for (let width = 1; width < 140; width++) expect(progressLine(snapshot, width).length).toBeLessThanOrEqual(width)
    expect(progressLine(snapshot, 60)).toBe('nightly   52%  6,240,000 rows  ETA 0:42  1.23M rows/s')
    expect(progressLine(snapshot, 30)).toBe('nightly   52%  6,240,000 rows')
  })

  it('says what else is going on, and does without what is unknown', () => {
    expect(progressLine({ ...snapshot, phase: 'spooling', fraction: null }, 80)).toBe('nightly  reading the source  6,240,000 rows')
    expect(progressLine({ ...snapshot, phase: 'finishing', name: null }, 80)).toBe('fraud@3  finishing  6,240,000 rows')
    expect(progressLine({ ...snapshot, fraction: null, etaMs: null }, 80)).toBe('nightly  6,240,000 rows  1.23M rows/s  bad 12  fallback 3')
    expect(progressLine({ ...snapshot, etaMs: 11_100_000 }, 120)).toContain('ETA 3:05:00')
  })
})

describe('progress', () => {
  it('on a terminal is one line that is gone at the end', () => {
    const stream = streamOf(100)
    const progress = createProgress({ stream, mode: 'auto' })
    progress.update({ ...snapshot, fraction: 0 })
    progress.update(snapshot)
    progress.end()
    progress.end()
    progress.update(snapshot)
    const text = stream.text()
    expect(text).toContain('6,240,000 rows')
    expect(text).not.toContain('\n')
    expect(text.endsWith('\u001B[2K')).toBe(true)
  })

  it('elsewhere is a JSON line in two seconds at most, one for each phase, and the last', () => {
    const stream = streamOf()
    const progress = createProgress({ stream, mode: 'auto' })
    for (let elapsedMs = 0; elapsedMs <= 4750; elapsedMs += 250) progress.update({ ...snapshot, elapsedMs })
    progress.update({ ...snapshot, phase: 'finishing', elapsedMs: 4800 })
    progress.update({ ...snapshot, phase: 'finishing', elapsedMs: 4900 })
    progress.end()
    progress.end()
    const lines = stream.text().trimEnd().split('\n').map((line) => JSON.parse(line) as RunProgress) // prettier-ignore
    expect(lines.map((line) => line.elapsedMs)).toEqual([0, 2000, 4000, 4800, 4900])
    expect(lines[0]).toEqual({ event: 'progress', ...snapshot, elapsedMs: 0 })
  })

  it('is JSON lines on a terminal too where that is asked for, and nothing when quiet', () => {
    const [json, quiet] = [streamOf(80), streamOf(80)]
    createProgress({ stream: json, mode: 'json' }).update(snapshot)
    const silent = createProgress({ stream: quiet, mode: 'quiet' })
    silent.update(snapshot)
    silent.end()
    expect(JSON.parse(json.text())).toMatchObject({ event: 'progress', read: 6_240_000 })
    expect(quiet.text()).toBe('')
  })
})
