import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './processes.js'
import { progress, rounded } from './stored-figures.js'
import { type Contender, lookupPath } from './stored-peers.js'
import type { Belongings } from './stored-processes.js'
import type { SteadyLoad, SteadyTask } from './stored-steady.js'

export interface HttpOptions {
  readonly rounds: number
  readonly seconds: number
  readonly core: number
  /** Requests a second of the fixed load. */
  readonly perSecond: number
}

type Figures = Readonly<Record<string, number>>
export interface HttpReport {
  /** 32 connections that ask as fast as they are answered. */
  readonly full: Readonly<Record<string, Figures>>
  /** A fixed number of requests a second, latencies from the intended time of sending. */
  readonly steady: Readonly<Record<string, Figures>>
  /** slipway over its peers, by store and peer. */
  readonly throughputRatio: Readonly<Record<string, Figures>>
  readonly p99Ratio: Readonly<Record<string, Figures>>
  readonly steadyP99Ratio: Readonly<Record<string, Figures>>
}

const connections = 32

/** Alternating rounds of all contenders, first at full load, then at a fixed one; the first round of each warms up and is dropped. */
export async function measureHttp(belongings: Belongings, contenders: readonly Contender[], options: HttpOptions): Promise<HttpReport> {
  for (const contender of contenders) await checkAnswers(contender)
  const folder = belongings.folder()
  const full = await inRounds(contenders, options, 'full load', (contender, seconds) =>
    wrk(belongings, folder, contender, { ...options, seconds }),
  )
  const steady = await inRounds(contenders, options, `${options.perSecond}/s`, (contender, seconds) =>
    steadily(belongings, contender, { ...options, seconds }),
  )
  return {
    full,
    steady,
    throughputRatio: ratios(full, 'requestsPerSecond'),
    p99Ratio: ratios(full, 'p99Us'),
    steadyP99Ratio: ratios(steady, 'p99Us'),
  }
}

/** No server is timed that answers wrongly. */
async function checkAnswers({ name, port, keys }: Contender): Promise<void> {
  for (const [key, expected] of [
    ['k0', 200],
    [`k${keys - 1}`, 200],
    [`k${keys}`, 404],
  ] as const) {
    const response = await fetch(`http://127.0.0.1:${port}${lookupPath}${key}`, { signal: AbortSignal.timeout(10_000) })
    const body = (await response.json()) as {
      readonly output?: { readonly score?: number }
      readonly ageMs?: number
      readonly set?: string
    }
    const isWhole = typeof body.output?.score === 'number' && typeof body.ageMs === 'number' && typeof body.set === 'string'
    if (response.status !== expected || isWhole !== (expected === 200)) {
      throw new Error(`${name} answers ${key} with ${response.status} ${JSON.stringify(body)}`)
    }
  }
}

async function inRounds(
  contenders: readonly Contender[],
  { rounds, seconds }: HttpOptions,
  what: string,
  once: (contender: Contender, seconds: number) => Promise<Figures>,
): Promise<Record<string, Figures>> {
  const runs = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      const figures = await once(contender, round === 0 ? Math.min(2, seconds) : seconds)
      if (figures['errors'] !== 0) throw new Error(`${contender.name}: ${figures['errors']} failed requests at ${what}`)
      if (round > 0) runs.get(contender.name)!.push(figures)
      progress(`  ${what}, round ${round}/${rounds}: ${contender.name} ${JSON.stringify(figures)}`)
    }
  }
  return Object.fromEntries([...runs].map(([name, list]) => [name, middle(list)]))
}

function middle(runs: readonly Figures[]): Figures {
  return Object.fromEntries(Object.keys(runs[0]!).map((key) => [key, Math.round(median(runs.map((run) => run[key]!)))]))
}

async function wrk(belongings: Belongings, folder: string, contender: Contender, { seconds, core }: HttpOptions): Promise<Figures> {
  const script = join(folder, `${contender.name}.lua`)
  writeFileSync(script, luaScript(contender.keys))
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, `http://127.0.0.1:${contender.port}`]
  const output = await belongings.run({ core, command: 'wrk', args }, seconds * 1_000 + 30_000)
  const found = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(output)
  if (found === null) throw new Error(`wrk printed no result:\n${output}`)
  const [requests, durationUs, p50Us, p99Us, errors] = found.slice(1).map(Number) as [number, number, number, number, number]
  return { requestsPerSecond: Math.round(requests / (durationUs / 1e6)), p50Us, p99Us, errors }
}

function luaScript(keys: number): string {
  return `math.randomseed(os.time())
request = function() return wrk.format("GET", "${lookupPath}k" .. math.random(0, ${keys - 1})) end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`
}

async function steadily(belongings: Belongings, { port, keys }: Contender, { seconds, core, perSecond }: HttpOptions): Promise<Figures> {
  const task: SteadyTask = { port, path: lookupPath, keys, perSecond, seconds, connections }
  const args = ['--import', 'tsx', 'bench/stored-steady.ts', JSON.stringify(task)]
  const load = JSON.parse(await belongings.run({ core, command: process.execPath, args }, seconds * 1_000 + 30_000)) as SteadyLoad
  return { ...load }
}

function ratios(all: Readonly<Record<string, Figures>>, key: string): Record<string, Figures> {
  const names = Object.keys(all)
  const peers = names.filter((name) => name.startsWith('fastapi'))
  const own = names.filter((name) => !peers.includes(name))
  return Object.fromEntries(
    own.map((name) => [name, Object.fromEntries(peers.map((peer) => [peer, rounded(all[name]![key]! / all[peer]![key]!)]))]),
  )
}
