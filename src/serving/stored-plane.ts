import { type ErrorCode, SlipwayError, toSlipwayError } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import type { StoredSet, StoredSetHead } from '../core/stored-sets.js'
import type { StoredPolicy } from '../model/definition.js'
import type { MetricsSink } from '../monitoring/metrics-sink.js'
import { createStoredMeter, type StoredMeter } from '../monitoring/stored-metrics.js'
import type { DataPlane, RequestContext } from './data-plane.js'
import type { StoredAnswer, StoredAnswers, StoredCode } from './stored-answer.js'
import { answerLive, liveOutcome } from './stored-live.js'
import { StoredPolicies } from './stored-policies.js'
import type { PartsRead } from './stored-reader.js'
import { type OpenStore, StoredSource, type StoredSourceOptions } from './stored-source.js'

export interface StoredPlaneOptions extends Omit<StoredSourceOptions, 'onCacheHits'> {
  /** For policies, live predictions and fallbacks; lookups that the set answers do not touch its models. */
  readonly plane: DataPlane
  readonly metrics: MetricsSink
}

/** The active set of a model, and what holds for its lookups. */
export interface ActiveSet {
  readonly set: StoredSet | null
  readonly policy: StoredPolicy
  readonly ageMs: number
}

/** Answers from predictions that were made beforehand. */
export interface StoredPlane {
  /** The answers where nothing has to be waited for; null otherwise, and `lookUp` has them. Never throws. */
  lookUpNow(model: string, keys: readonly string[]): StoredAnswers | null
  /**
   * One answer a key, in order, of one snapshot. Rejects with MODEL_UNKNOWN, and with STORE_UNAVAILABLE where the policy has no way around it;
   * what is wrong with a key is in its answer.
   */
  lookUp(model: string, keys: readonly string[], context: RequestContext): Promise<StoredAnswers>
  /** Rejects with MODEL_UNKNOWN, STORE_UNAVAILABLE. */
  active(model: string): Promise<ActiveSet>
  close(): Promise<void>
}

/** Opens nothing: the store is opened by the first lookup. */
export function createStoredPlane(options: StoredPlaneOptions): StoredPlane {
  return new Plane(options)
}

class Plane implements StoredPlane {
  readonly #plane: DataPlane
  readonly #clock: Clock
  readonly #meter: StoredMeter
  readonly #source: StoredSource
  readonly #policies: StoredPolicies
  /** The set that each model was last answered from, for its age. */
  readonly #heads = new Map<string, StoredSetHead>()

  constructor(options: StoredPlaneOptions) {
    const { plane, clock, metrics } = options
    this.#plane = plane
    this.#clock = clock
    this.#meter = createStoredMeter(metrics)
    this.#source = new StoredSource({ ...options, onCacheHits: (model, keys) => this.#meter.cacheHits(model).add(keys) })
    this.#policies = new StoredPolicies(plane, clock)
  }

  lookUpNow(model: string, keys: readonly string[]): StoredAnswers | null {
    const read = this.#readNow(model, keys)
    if (read === null || read.set === null) return null
    const policy = this.#policies.now(model, read.set)
    if (policy === null) return null
    const stale = this.#isStale(read.set, policy)
    if (needsLive(read, policy, stale)) return null
    return this.#answers(model, read, policy)
  }

  async lookUp(model: string, keys: readonly string[], context: RequestContext): Promise<StoredAnswers> {
    let store: OpenStore | null
    let read: PartsRead
    let policy: StoredPolicy
    try {
      store = await this.#source.open()
      read = store === null ? { set: null, values: keys.map(() => null) } : await store.reader.read(model, keys)
      policy = store === null ? this.#policies.now(model, null)! : await this.#policies.of(model, read.set, store.sets)
    } catch (thrown) {
      return this.#withoutStore(model, { keys, context, error: toSlipwayError(thrown) })
    }
    // A model that has neither a set nor a version served: MODEL_UNKNOWN or NOT_READY.
    if (read.set === null) this.#plane.model(model)
    const answers = this.#answers(model, read, policy)
    return needsLive(read, policy, answers.stale) ? this.#fillIn(model, answers, { keys, policy, context }) : answers
  }

  async active(model: string): Promise<ActiveSet> {
    const store = await this.#source.open()
    const set = (await store?.sets.active(model)) ?? null
    if (set === null) this.#plane.model(model)
    const policy = store === null ? this.#policies.now(model, null)! : await this.#policies.of(model, set, store.sets)
    return { set, policy, ageMs: set === null ? 0 : this.#ageOf(set) }
  }

  close(): Promise<void> {
    return this.#source.close()
  }

  /** Null as well where reading fails: `lookUp` knows what to do then. */
  #readNow(model: string, keys: readonly string[]): PartsRead | null {
    try {
      return this.#source.now?.reader.readNow(model, keys) ?? null
    } catch {
      return null
    }
  }

  /** What the set answers; keys that are to be answered live are refused for now. */
  #answers(model: string, { set, values }: PartsRead, policy: StoredPolicy): StoredAnswers {
    const stale = set !== null && this.#isStale(set, policy)
    const refusesStale = stale && policy.onStale !== 'serve'
    let missing = 0
    const answers = values.map((parts, i): StoredAnswer => {
      if (parts === null) missing++
      else if (!refusesStale) return { kind: 'stored', parts }
      return { kind: 'refused', error: parts === null ? missingError(model, set, values.length > 1 ? i : null) : staleError(set!, policy) }
    })
    this.#note(model, set)
    const found = values.length - missing
    if (found > 0 && (!refusesStale || policy.onStale === 'reject')) this.#count(model, stale ? 'stale' : 'hit', found)
    if (missing > 0 && policy.onMissing === 'reject') this.#count(model, 'missing', missing)
    return { set, ageMs: set === null ? 0 : this.#ageOf(set), stale, answers }
  }

  /** Puts live answers where the policy wants them. */
  async #fillIn(model: string, found: StoredAnswers, request: Omit<LookUpRequest, 'code'>): Promise<StoredAnswers> {
    const { policy } = request
    const answers = [...found.answers]
    const fill = async (code: StoredCode, how: string): Promise<void> => {
      const at = answers.flatMap((answer, i) => (answer.kind === 'refused' && answer.error.code === code ? [i] : []))
      if (at.length === 0 || (how !== 'predict' && how !== 'fallback')) return
      const live = await this.#live(model, { ...request, keys: at.map((i) => request.keys[i]!), code }, how)
      for (const [i, answer] of live.entries()) answers[at[i]!] = answer
    }
    await Promise.all([fill('STORED_STALE', policy.onStale), fill('STORED_MISSING', policy.onMissing)])
    return { ...found, answers }
  }

  /** The store did not answer: what is to be done with missing keys is done with all of them, unless it is to refuse them. */
  async #withoutStore(
    model: string,
    { keys, context, error }: { readonly keys: readonly string[]; readonly context: RequestContext; readonly error: SlipwayError },
  ): Promise<StoredAnswers> {
    const served = this.#policies.served(model)
    const how = served?.info.stored?.onMissing ?? 'reject'
    const isDown = error.code === 'STORE_UNAVAILABLE' || error.code === 'PACKAGE_MISSING'
    if (served !== null) this.#count(model, 'error', how === 'reject' || !isDown ? keys.length : 0)
    if (how === 'reject' || !isDown) throw error
    const policy = served!.info.stored!
    return {
      set: null,
      ageMs: 0,
      stale: false,
      answers: await this.#live(model, { keys, policy, context, code: 'STORE_UNAVAILABLE' }, how),
    }
  }

  async #live(model: string, request: LookUpRequest, how: 'predict' | 'fallback'): Promise<readonly StoredAnswer[]> {
    const answers = await answerLive(this.#policies.served(model), { ...request, how })
    for (const answer of answers) this.#count(model, liveOutcome(answer), 1)
    return answers
  }

  #note(model: string, set: StoredSetHead | null): void {
    const known = this.#heads.get(model)
    if (known === set || (known !== undefined && known.id === set?.id)) return
    if (set === null) {
      if (this.#heads.delete(model)) this.#meter.forgetAge(model)
      return
    }
    if (known === undefined) this.#meter.trackAge(model, () => (this.#clock.now() - (this.#heads.get(model)?.producedAt ?? 0)) / 1000)
    this.#heads.set(model, set)
  }

  #count(model: string, outcome: Parameters<StoredMeter['lookups']>[1], keys: number): void {
    if (keys > 0) this.#meter.lookups(model, outcome).add(keys)
  }

  #isStale(set: StoredSetHead, { maxAgeMs }: StoredPolicy): boolean {
    return maxAgeMs !== null && this.#ageOf(set) > maxAgeMs
  }

  /** Clocks of two machines may differ: an age is not below 0. */
  #ageOf({ producedAt }: StoredSetHead): number {
    return Math.max(0, Math.round(this.#clock.now() - producedAt))
  }
}

interface LookUpRequest {
  readonly keys: readonly string[]
  readonly policy: StoredPolicy
  readonly context: RequestContext
  readonly code: StoredCode
}

/** True when the policy has a key answered by the model or its fallback. */
function needsLive({ values }: PartsRead, { onStale, onMissing }: StoredPolicy, stale: boolean): boolean {
  const staleLive = stale && (onStale === 'predict' || onStale === 'fallback')
  const missingLive = onMissing !== 'reject'
  return (staleLive || missingLive) && values.some((parts) => (parts === null ? missingLive : staleLive))
}

function missingError(model: string, set: StoredSetHead | null, at: number | null): SlipwayError {
  const where =
    set === null ? `the model ${model} has no active set of stored predictions` : `the active set ${set.id} has no prediction for the key`
  return refusal('STORED_MISSING', at === null ? where : `key ${at}: ${where}`)
}

function staleError(set: StoredSetHead, { maxAgeMs }: StoredPolicy): SlipwayError {
  return refusal('STORED_STALE', `the prediction of the set ${set.id} is older than the ${maxAgeMs} ms that the model allows`)
}

/** One an answer: making the trace of a refusal that is no defect costs more than the lookup. */
function refusal(code: ErrorCode, message: string): SlipwayError {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return new SlipwayError(code, message)
  } finally {
    Error.stackTraceLimit = limit
  }
}
