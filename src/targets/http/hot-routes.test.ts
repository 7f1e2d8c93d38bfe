import { describe, expect, it } from 'vitest'
import { nativeErrors } from './native/native-errors.js'
import { createHotTarget } from './hot-routes.js'
import type { Route } from './route.js'

const handle = (): never => {
  throw new Error('not to be called')
}
const route = (method: Route['method'], pattern: string): Route => ({ method, pattern, dialect: nativeErrors, scope: 'predict', handle })
const target = createHotTarget([route('POST', '/models/:model/predict'), route('GET', '/models/:model/stored/:key')])

describe('hot targets', () => {
  it.each([
    ['POST', '/models/m/predict', { model: 'm' }],
    ['POST', '/models/m/predict?explain=guards', { model: 'm' }],
    ['GET', '/models/m/stored/k', { model: 'm', key: 'k' }],
    ['GET', '/models/m/stored/a%2Fb%25%3F%20%C3%A4%F0%9F%90%9F', { model: 'm', key: 'a/b%? ä🐟' }],
    ['GET', '/models/m/predict', null],
    ['POST', '/models/m/stored/k', null],
    ['GET', '/models/m/stored/', null],
    ['GET', '/models/m/stored/a/b', null],
    ['GET', '/models/m/stored/a?b', null],
    ['GET', '/models/m/stored/%ff', null],
    ['GET', '/models/m%20/stored/k', null],
  ])('%s %s', (method, url, params) => {
    expect(target(method, url)?.params ?? null).toEqual(params)
  })
})
