import { describe, expect, it } from 'vitest'
import { readArray } from './array-literal.js'

describe('an array of Postgres', () => {
  it.each([
    ['{}', '[]'],
    ['{1,NULL,-3.5}', '[1,null,-3.5]'],
    ['{{1,2},{3,4}}', '[[1,2],[3,4]]'],
    ['[0:1]={7,8}', '[7,8]'],
  ])('%s is %s', (text, json) => {
    expect(readArray(text, (element) => element)).toBe(json)
  })

  it('has texts with quotes, backslashes, commas and braces, and the word NULL', () => {
    const text = String.raw`{"a \"b\"","c\\d","e,f","{}","NULL","",plain}`
    expect(JSON.parse(readArray(text, (element) => JSON.stringify(element)))).toEqual(['a "b"', 'c\\d', 'e,f', '{}', 'NULL', '', 'plain'])
  })
})
