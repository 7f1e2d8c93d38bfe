import { expect, test } from 'vitest'
import { errorTable, SlipwayError, toSlipwayError } from './errors.js'
import { issueLabel } from './issue.js'

test('every code says how each surface reports it, and how to resolve it', () => {
  const faulty = Object.entries(errorTable).filter(([, { http, grpc, exit, help }]) => {
    return http < 400 || http > 599 || grpc < 1 || grpc > 16 || exit < 1 || exit > 7 || !help.endsWith('.')
  })
  expect(faulty).toEqual([])
  expect(new SlipwayError('MODEL_UNKNOWN', 'no model').spec.http).toBe(404)
})

test('what was thrown by something else becomes INTERNAL, its text kept from the caller', () => {
  const cause = new TypeError('at /secret/path')
  const error = toSlipwayError(cause)
  expect([error.code, error.message, error.cause]).toEqual(['INTERNAL', 'internal error', cause])
  expect(toSlipwayError(error)).toBe(error)
})

test('an issue is named by its code and its field', () => {
  const issue = { row: 0, code: 'INPUT_RANGE', field: 'amount', message: '', action: 'reject' } as const
  expect(issueLabel(issue)).toBe('INPUT_RANGE:amount')
  expect(issueLabel({ ...issue, field: null })).toBe('INPUT_RANGE')
})
