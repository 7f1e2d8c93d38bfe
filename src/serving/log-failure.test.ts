import { expect, it } from 'vitest'
import { SlipwayError } from '../core/errors.js'
import type { ErrorCode } from '../core/errors.js'
import type { Logger } from '../core/ports.js'
import { logFailure } from './log-failure.js'

it.each<[ErrorCode, string[]]>([
  ['RUN_FAILED', ['error']],
  ['INTERNAL', ['error']],
  ['NOT_READY', ['warn']],
  ['UNSUPPORTED', []],
  ['INPUT_TYPE', []],
])('%s is logged as %j', (code, expected) => {
  const levels: string[] = []
  const at = (level: string) => () => void levels.push(level)
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  logFailure(logger, new SlipwayError(code, 'what happened'), { call: { requestId: 'r', traceParent: null }, route: '/x' })
  expect(levels).toEqual(expected)
})
