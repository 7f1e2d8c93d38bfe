import type { ExternalData } from './graph-info.js'
import type { Budget } from './limits.js'

/** Identifies an operator or a model-local function; the default domain is written `ai.onnx`. */
export interface OperatorId {
  readonly domain: string
  readonly type: string
  /** Picks one of several functions of the same name; '' for operators. */
  readonly overload: string
}

/** How often one body (the main graph or one function, subgraphs included) uses each operator. */
export class Body {
  readonly calls: Map<string, OperatorId & { count: number }> = new Map()
  nodes = 0

  count(id: OperatorId): void {
    this.nodes++
    const key = operatorKey(id)
    const call = this.calls.get(key)
    if (call === undefined) this.calls.set(key, { ...id, count: 1 })
    else call.count++
  }
}

/** What one scan of a file collects on its way down. */
export class Scan {
  readonly budget: Budget
  readonly external: ExternalData[] = []
  /** The main graph, training graphs included. */
  readonly main: Body = new Body()
  /** Model-local functions by `operatorKey`. */
  readonly functions: Map<string, Body> = new Map()
  /** Where nodes are counted now. */
  body: Body = this.main
  parameters = 0

  constructor(budget: Budget) {
    this.budget = budget
  }

  /** Counts one item of a list that is kept. */
  entry<T>(value: T): T {
    this.budget.countEntry()
    return value
  }
}

/** A key that no two different operators share: the lengths say where each name ends, whatever it holds. */
export function operatorKey({ domain, type, overload }: OperatorId): string {
  return `${domain.length},${type.length},${domain}${type}${overload}`
}

/** ONNX writes its default domain in two ways. */
export function normalDomain(domain: string): string {
  return domain === '' ? 'ai.onnx' : domain
}
