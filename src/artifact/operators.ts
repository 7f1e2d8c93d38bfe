import type { Body, OperatorId, Scan } from './scan.js'

/** Domains whose operators onnxruntime-node itself defines and runs on the CPU. */
const standardDomains: ReadonlySet<string> = new Set(['ai.onnx', 'ai.onnx.ml', 'com.microsoft'])

/** Operators that run a body as often as the data says; the searches of com.microsoft decode token by token. */
const iterating = new Set([
  'ai.onnx:Loop',
  'ai.onnx:Scan',
  'ai.onnx:SequenceMap',
  'com.microsoft:BeamSearch',
  'com.microsoft:GreedySearch',
  'com.microsoft:Sampling',
  'com.microsoft:WhisperBeamSearch',
])

/** `domain:OpType` -> how often it stands in the file. */
export function operatorCounts(scan: Scan): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { domain, type, count } of calls(scan)) {
    const name = `${domain}:${type}`
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return Object.fromEntries(counts)
}

/** True when an operator of the file iterates. */
export function iterates(scan: Scan): boolean {
  return calls(scan).some(({ domain, type }) => iterating.has(`${domain}:${type}`))
}

/** Domains of operators that are neither standard nor a function that the file itself defines; sorted. */
export function customDomains(scan: Scan): readonly string[] {
  const domains = new Set<string>()
  for (const body of bodies(scan)) {
    for (const [key, { domain }] of body.calls) {
      if (!standardDomains.has(domain) && !scan.functions.has(key)) domains.add(domain)
    }
  }
  return [...domains].sort()
}

function bodies(scan: Scan): readonly Body[] {
  return [scan.main, ...scan.functions.values()]
}

function calls(scan: Scan): readonly (OperatorId & { readonly count: number })[] {
  return bodies(scan).flatMap((body) => [...body.calls.values()])
}
