import type { Fields } from '../core/field.js'
import type { RowPolicy } from '../core/frame-builder.js'
import type { FrameCheck } from '../guardrails/check.js'
import type { CrossRule } from '../guardrails/cross-check.js'
import { crossCheck } from '../guardrails/cross-check.js'
import { compileInputGuard } from '../guardrails/input-guard.js'
import { compileOutputGuard } from '../guardrails/output-guard.js'
import type { ModelDefinition } from './definition.js'

/** The checks of a definition, compiled. */
export interface CompiledGuards {
  /** Fields that only the request can give; without `gather`, everything. */
  readonly before: FrameCheck
  /** Fields that may have been looked up. */
  readonly after: FrameCheck
  /** Rules over several fields, once all of them are there. */
  readonly cross: FrameCheck
  readonly output: FrameCheck
}

/** Compiles the input and output checks of a definition. `onThrow` is told of a rule that throws. */
export function compileGuards(definition: ModelDefinition, onThrow: (rule: string, error: unknown) => void): CompiledGuards {
  const { input, output, guard } = definition
  const onFail = guard.onFail ?? 'reject'
  const names = gatherableNames(definition)
  return {
    before: compileInputGuard(
      pick(input, (name) => !names.has(name)),
      { onFail },
    ),
    // The gather step says which of these are missing, and why.
    after: compileInputGuard(asOptional(pick(input, (name) => names.has(name))), { onFail }),
    cross: crossCheck(input, rulesOf(definition), onThrow) ?? nothing,
    output: compileOutputGuard(output, { onFail: outputAction(definition) }),
  }
}

const nothing: FrameCheck = () => {}

/** How the rows of a definition are to be read. */
export function rowPolicyOf(definition: ModelDefinition): RowPolicy {
  const { unknownFields = 'reject', onFail = 'reject' } = definition.guard
  return { unknownFields, defaultAction: onFail, gatherable: gatherableNames(definition) }
}

/** Inputs that may be looked up. */
function gatherableNames(definition: ModelDefinition): ReadonlySet<string> {
  return new Set(Object.values(definition.gather).flatMap(({ features }) => features))
}

/** What happens to rows whose output fails. */
export function outputAction(definition: ModelDefinition): 'reject' | 'fallback' | 'warn' {
  return definition.guard.onOutputFail ?? (definition.fallback.length > 0 ? 'fallback' : 'reject')
}

function rulesOf({ guard }: ModelDefinition): readonly CrossRule[] {
  return Object.entries(guard.cross ?? {}).map(([name, check]) => ({
    name,
    test: typeof check === 'function' ? check : check.test,
    action: typeof check === 'function' ? (guard.onFail ?? 'reject') : check.onFail,
  }))
}

function pick(fields: Fields, test: (name: string) => boolean): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => test(name)))
}

function asOptional(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, optional: true }]))
}
