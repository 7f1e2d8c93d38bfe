import { describe, expect, it } from 'vitest'
import { SlipwayError } from '../../core/errors.js'
import { failure, stateOf } from './failure.js'

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code })

describe('what pg throws', () => {
  it('says why there was no answer, or what the server refused', () => {
    const told = (thrown: unknown): string => failure(thrown, 'SINK_FAILED', 'the database').message
    expect(told(coded('connect', 'ECONNREFUSED'))).toBe('the database did not answer (ECONNREFUSED)')
    expect(told(new Error('Connection terminated'))).toContain('the connection was lost')
    expect(told(coded('canceling statement', '57014'))).toBe('the database did not answer in time (57014)')
    expect(told(coded('no space left on device', '53100'))).toBe('the database refused (53100: no space left on device)')
  })

  it('keeps errors of slipway, and finds the state below them', () => {
    const error = new SlipwayError('SET_UNKNOWN', 'no set')
    expect(failure(error, 'SINK_FAILED', 'x')).toBe(error)
    expect(stateOf(failure(coded('gone', '42P01'), 'SINK_FAILED', 'x'))).toBe('42P01')
  })
})
