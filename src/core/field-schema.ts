import type { StandardSchemaV1 } from '@standard-schema/spec'
import { SlipwayError } from './errors.js'

/** What a Standard Schema made of a value: its output, or what is wrong. */
export interface SchemaResult {
  readonly value: unknown
  readonly issue: string | null
}

/** Most characters of a schema's own message that an issue carries. */
const messageLimit = 200

/** Runs a Standard Schema at once. Throws DEFINITION_INVALID when it is asynchronous; one that throws has refused the value. */
export function runSchema(schema: StandardSchemaV1, value: unknown, name: string): SchemaResult {
  const result = runSchemaOnRow(schema, value)
  if (result.issue !== later) return result
  throw new SlipwayError('DEFINITION_INVALID', `the schema of \`${name}\` is asynchronous; a field needs one that answers at once`)
}

const later = 'the schema is asynchronous, or it threw; a field needs one that answers at once'

/**
 * Like `runSchema` for the value of one row: a schema that answers later has refused it, and the rows beside it are not spoilt. (zod runs a
 * schema that threw once more, asynchronously, so that the two cannot be told apart.)
 */
export function runSchemaOnRow(schema: StandardSchemaV1, value: unknown): SchemaResult {
  const result = validate(schema, value)
  if (result === null) return { value: undefined, issue: 'the schema threw' }
  if ('then' in result) {
    // Its outcome is of no use, and its failure must not end the process.
    Promise.resolve(result).catch(() => undefined)
    return { value: undefined, issue: later }
  }
  if (result.issues === undefined) return { value: result.value, issue: null }
  return { value: undefined, issue: describe(result.issues) }
}

type Outcome = ReturnType<StandardSchemaV1['~standard']['validate']>

function validate(schema: StandardSchemaV1, value: unknown): Outcome | null {
  try {
    return schema['~standard'].validate(value)
  } catch {
    return null
  }
}

function describe(issues: readonly StandardSchemaV1.Issue[]): string {
  const first = issues[0]
  if (first === undefined) return 'refused by its schema'
  const path = first.path?.map((step) => String(typeof step === 'object' ? step.key : step)).join('.') ?? ''
  const text = path === '' ? first.message : `${path}: ${first.message}`
  return text.length > messageLimit ? `${text.slice(0, messageLimit)}…` : text
}
