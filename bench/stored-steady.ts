// An open-loop load: requests leave at fixed times whatever the server does, and a latency counts from the time at which its request was to
// leave. Its argument is a task as JSON; it prints what it measured as one line of JSON.
import { connect, type Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { percentile } from './stored-figures.js'
import { keyOf, randomNumbers } from './stored-rows.js'

export interface SteadyTask {
  readonly port: number
  /** Path up to the key. */
  readonly path: string
  readonly keys: number
  readonly perSecond: number
  readonly seconds: number
  readonly connections: number
}

export interface SteadyLoad {
  readonly requests: number
  /** Answers other than 200 and connections that broke. */
  readonly errors: number
  /** Requests without an answer 2 s after the end; their time up to then counts as a latency. */
  readonly unanswered: number
  /** How late requests left: for want of an idle connection, or of the generator itself. */
  readonly sentLateP99Us: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
}

const drainMs = 2_000
/** Naps while nothing is due, for the sake of a database on the same core. A nap takes about 0.1 ms. */
const napMs = 0.05
const cell = new Int32Array(new SharedArrayBuffer(4))

class Connection {
  /** When the request under way was to leave; NaN when there is none. */
  dueAt = Number.NaN
  readonly #socket: Socket
  #text = ''

  constructor(socket: Socket, answered: (connection: Connection, ok: boolean) => void) {
    this.#socket = socket.setNoDelay(true).on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      if (!isWhole(this.#text)) return
      const ok = this.#text.startsWith('HTTP/1.1 200')
      this.#text = ''
      answered(this, ok)
    })
  }

  send(path: string, dueAt: number): void {
    this.dueAt = dueAt
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  }

  close(): void {
    this.#socket.destroy()
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1]
  if (length === undefined) throw new Error(`an answer without a length: ${text.slice(0, end)}`)
  return text.length >= end + 4 + Number(length)
}

function loadSteadily(task: SteadyTask): Promise<SteadyLoad> {
  const { port, path, keys, perSecond, seconds, connections } = task
  const random = randomNumbers(Date.now())
  const total = Math.round(perSecond * seconds)
  const timesMs: number[] = []
  const lateMs: number[] = []
  const idle: Connection[] = []
  let errors = 0
  return new Promise((resolve) => {
    const all = Array.from({ length: connections }, () => {
      const socket = connect({ port, host: '127.0.0.1' })
      const connection = new Connection(socket, (answered, ok) => {
        timesMs.push(performance.now() - answered.dueAt)
        if (!ok) errors++
        answered.dueAt = Number.NaN
        idle.push(answered)
      })
      socket.once('connect', () => idle.push(connection)).on('error', () => errors++)
      return connection
    })
    let sent = 0
    // Connections are made in the first tenth of a second.
    const start = performance.now() + 100
    const dueAt = (request: number): number => start + (request * 1_000) / perSecond
    const end = start + seconds * 1_000 + drainMs
    function turn(): void {
      const now = performance.now()
      for (; sent < total && idle.length > 0 && dueAt(sent) <= now; sent++) {
        lateMs.push(performance.now() - dueAt(sent))
        idle.pop()!.send(path + keyOf(random(keys)), dueAt(sent))
      }
      if (timesMs.length === total || now > end) finish(now)
      else {
        Atomics.wait(cell, 0, 0, napMs)
        setImmediate(turn)
      }
    }
    function finish(now: number): void {
      const unanswered = total - timesMs.length
      for (const { dueAt: due } of all) if (!Number.isNaN(due)) timesMs.push(now - due)
      for (; sent < total; sent++) timesMs.push(now - dueAt(sent))
      for (const connection of all) connection.close()
      const us = (p: number, of = timesMs): number => Math.round(percentile(of, p) * 1_000)
      resolve({ requests: total, errors, unanswered, sentLateP99Us: us(0.99, lateMs), p50Us: us(0.5), p99Us: us(0.99), maxUs: us(1) })
    }
    turn()
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(await loadSteadily(JSON.parse(process.argv[2]!) as SteadyTask)))
}
