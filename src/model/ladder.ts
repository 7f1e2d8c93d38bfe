import { SlipwayError } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { Frame } from '../core/frame.js'
import { createFrameBuilder } from '../core/frame-builder.js'
import { selectRows } from '../core/frame-ops.js'
import { rowOf } from '../core/frame-rows.js'
import type { RowIssue } from '../core/issue.js'
import type { Executor } from '../core/ports.js'
import type { FrameCheck } from '../guardrails/check.js'
import { isFallbackModel } from './check-definition.js'
import type { ModelDefinition, NamedFallback } from './definition.js'
import type { Part } from './isolate.js'
import { runIsolated } from './isolate.js'
import { judge } from './judge.js'
import type { WaitLimits } from './within.js'
import { within } from './within.js'

export interface LadderParts {
  readonly definition: ModelDefinition
  /** One each fallback model, in the order of the definition. */
  readonly executors: readonly Executor[]
  readonly outputGuard: FrameCheck
  /** Told of a step that failed on rows; the next step is tried all the same. */
  readonly onError: (name: string, rows: number, error: unknown) => void
}

/** Rows that a step of the ladder answered. */
interface LadderAnswer {
  readonly step: number
  readonly part: Part
  /** Warnings about its outputs. */
  readonly issues: readonly RowIssue[]
}

interface LadderResult {
  readonly answers: readonly LadderAnswer[]
  /** Rows that no step could answer. */
  readonly failed: readonly number[]
}

/** The fallbacks of a definition, tried in order; what one cannot answer goes to the next. Every answer passes the output checks. */
export interface Ladder {
  readonly names: readonly string[]
  /** `limits` hold for each fallback model. Never rejects. */
  answer(frame: Frame, rows: readonly number[], limits: WaitLimits): Promise<LadderResult>
}

/** A step answers some rows of a frame; rows that it leaves out of its parts, it could not answer. */
type Step = (frame: Frame, rows: readonly number[], limits: WaitLimits) => Promise<readonly Part[]> | readonly Part[]

/** Throws DEFINITION_INVALID when there are not as many executors as fallback models. */
export function createLadder(parts: LadderParts): Ladder {
  const { definition, executors, outputGuard } = parts
  const names = definition.fallback.map(({ name }) => name)
  const wanted = definition.fallback.filter((step) => isFallbackModel(step)).length
  if (wanted !== executors.length) {
    throw new SlipwayError(
      'DEFINITION_INVALID',
      `the definition has ${wanted} fallback models, there are executors for ${executors.length}`,
    )
  }
  const models = executors.values()
  const steps = definition.fallback.map((step): Step =>
    isFallbackModel(step) ? modelStep(step.name, models.next().value!, parts) : functionStep(step, parts),
  )
  return {
    names,
    async answer(frame, rows, limits) {
      const answers: LadderAnswer[] = []
      let left = rows
      for (const [step, answerRows] of steps.entries()) {
        if (left.length === 0) break
        const answered = new Set<number>()
        for (const part of await answerRows(frame, left, limits)) {
          const { passed, issues, failed } = judge(part, outputGuard)
          if (failed.length > 0) parts.onError(names[step]!, failed.length, new SlipwayError(issues[0]!.code, issues[0]!.message))
          if (passed === null) continue
          const kept = new Set(passed.rows ?? left)
          for (const row of kept) answered.add(row)
          answers.push({ step, part: passed, issues: issues.filter((issue) => kept.has(issue.row)) })
        }
        left = left.filter((row) => !answered.has(row))
      }
      return { answers, failed: left }
    },
  }
}

function modelStep(name: string, executor: Executor, { onError }: LadderParts): Step {
  return async (frame, rows, limits) => {
    const waited = await within(limits, (signal) => runIsolated(executor, frame, rows, signal))
    if (waited.kind !== 'done') {
      onError(name, rows.length, new SlipwayError('DEADLINE', 'the fallback did not answer in time'))
      return []
    }
    for (const { rows: failed, error } of waited.value.failures) onError(name, failed.length, error)
    return waited.value.parts
  }
}

function functionStep({ name, answer }: NamedFallback<Fields, Fields>, { definition, onError }: LadderParts): Step {
  const { input, output } = definition
  return (frame, rows) => {
    const builder = createFrameBuilder(output, { unknownFields: 'reject', defaultAction: 'reject' })
    const answered: number[] = []
    for (const row of rows) {
      try {
        builder.appendRow(answer(rowOf(frame, row, input)))
        answered.push(row)
      } catch (error) {
        onError(name, 1, error)
      }
    }
    const built = builder.build()
    if (built.issues.length === 0) return answered.length === 0 ? [] : [{ rows: answered, frame: built.frame }]
    onError(name, built.issues.length, new SlipwayError('OUTPUT_TYPE', built.issues[0]!.message))
    const wrong = new Set(built.issues.map((issue) => issue.row))
    const good = answered.flatMap((_, position) => (wrong.has(position) ? [] : [position]))
    return good.length === 0 ? [] : [{ rows: good.map((position) => answered[position]!), frame: selectRows(built.frame, good) }]
  }
}
