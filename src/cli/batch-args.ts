import type { TableType } from '../core/table.js'
import type { BatchRequest } from '../targets/batch/batch-request.js'
import { usageError } from './exit.js'
import { choiceFlag, integerFlag } from './verb.js'

const formats = ['csv', 'jsonl', 'parquet'] as const
const tableTypes = ['text', 'integer', 'number', 'boolean', 'timestamp', 'json'] as const

/** Flags that describe one batch run. */
export const batchArgs = {
  model: { type: 'string', description: 'Model of the registry: model, model@alias, model@version' },
  from: {
    type: 'string',
    description: 'File, glob, folder, - for standard input, or sqlite:, duckdb:, postgres:// with --query',
    valueHint: 'source',
  },
  query: { type: 'string', description: 'Rows of the database to score', valueHint: 'sql' },
  'from-format': { type: 'string', description: 'What the source is, where its name does not say: csv, jsonl, parquet' },
  to: {
    type: 'string',
    description: 'File, folder (ends with /), - for standard output, sqlite: or postgres:// with --table, or stored',
    valueHint: 'sink',
  },
  'to-format': { type: 'string', description: 'What to write, where the name does not say: csv, jsonl, parquet' },
  table: { type: 'string', description: 'Table of the database to write' },
  store: {
    type: 'string',
    description: 'Store of predictions, with --to stored: sqlite:path, lmdb:folder, postgres://, redis://',
    valueHint: 'url',
  },
  key: { type: 'string', description: 'Column that names a row: kept, and unique in databases and stored sets', valueHint: 'column' },
  pass: { type: 'string', description: 'Columns of the source to keep, separated by commas; * for all', valueHint: 'columns' },
  map: { type: 'string', description: 'Where inputs come from: input=column, separated by commas' },
  where: { type: 'string', description: 'Rows to score: "country = \'DE\' and amount > 10"', valueHint: 'filter' },
  types: {
    type: 'string',
    description: 'Types of kept columns: column=type, separated by commas; text, integer, number, boolean, timestamp, json',
  },
  'partition-rows': { type: 'string', description: 'Rows that are committed together', valueHint: 'n' },
  workers: { type: 'string', description: 'Processes that score; one a core when left out', valueHint: 'n' },
  'max-bad-rows': { type: 'string', description: 'End the run when more rows are bad', valueHint: 'n' },
  'max-bad-fraction': { type: 'string', description: 'End the run when a larger share of the rows is bad: 0 to 1', valueHint: 'share' },
  overwrite: { type: 'boolean', description: 'Replace an output that no run wrote', default: false },
  restart: { type: 'boolean', description: 'Begin anew: forget an unfinished run of the same output', default: false },
  flip: {
    type: 'boolean',
    description: 'With --to stored: have readers see the set when its gate passes (--no-flip: leave that to `slipway stored flip`)',
    default: true,
  },
  'logical-time': { type: 'string', description: 'What the run is for, as an ISO time: part of its identity', valueHint: 'time' },
} as const

type Args = Readonly<Record<string, unknown>>

/** The request that flags describe. USAGE when one is missing or cannot be read. */
export function requestOf(args: Args): BatchRequest {
  const optional = {
    query: textOf(args, 'query'),
    fromFormat: choiceFlag(args, 'from-format', formats),
    toFormat: choiceFlag(args, 'to-format', formats),
    table: textOf(args, 'table'),
    store: textOf(args, 'store'),
    key: textOf(args, 'key'),
    pass: listOf(args, 'pass'),
    map: pairsOf(args, 'map'),
    where: textOf(args, 'where'),
    types: typesOf(args),
    partitionRows: integerFlag(args, 'partition-rows', [1, 100_000_000]),
    workers: integerFlag(args, 'workers', [1, 1024]),
    maxBadRows: integerFlag(args, 'max-bad-rows', [0, Number.MAX_SAFE_INTEGER]),
    maxBadFraction: fractionOf(args, 'max-bad-fraction'),
    logicalTime: timeOf(args, 'logical-time'),
    overwrite: args['overwrite'] === true ? true : undefined,
    restart: args['restart'] === true ? true : undefined,
    flip: args['flip'] === false ? false : undefined,
  }
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { name: null, model: needed(args, 'model'), from: needed(args, 'from'), to: needed(args, 'to'), ...given }
}

/** Flags of a run that were given beside the name of a configured one. */
export function givenFlags(args: Args): readonly string[] {
  return Object.keys(batchArgs).filter((name) => args[name] !== undefined && typeof args[name] === 'string')
}

function needed(args: Args, name: string): string {
  const value = textOf(args, name)
  if (value === undefined) throw usageError(`give --${name}, or the name of a batch of the configuration`)
  return value
}

function textOf(args: Args, name: string): string | undefined {
  const value = args[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function listOf(args: Args, name: string): readonly string[] | undefined {
  return textOf(args, name)
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function pairsOf(args: Args, name: string): Readonly<Record<string, string>> | undefined {
  const items = listOf(args, name)
  if (items === undefined) return undefined
  const pairs = items.map((item): [string, string] => {
    const at = item.indexOf('=')
    if (at < 1 || at === item.length - 1) throw usageError(`--${name} wants name=value, received ${JSON.stringify(item)}`)
    return [item.slice(0, at).trim(), item.slice(at + 1).trim()]
  })
  return Object.fromEntries(pairs)
}

function typesOf(args: Args): Readonly<Record<string, TableType>> | undefined {
  const pairs = pairsOf(args, 'types')
  if (pairs === undefined) return undefined
  const types = Object.entries(pairs).map(([column, text]): [string, TableType] => {
    const type = tableTypes.find((known) => known === text)
    if (type === undefined) throw usageError(`--types knows ${tableTypes.join(', ')}, received ${JSON.stringify(text)} for ${column}`)
    return [column, type]
  })
  return Object.fromEntries(types)
}

function fractionOf(args: Args, name: string): number | undefined {
  const text = textOf(args, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (value >= 0 && value <= 1) return value
  throw usageError(`--${name} wants a share from 0 to 1, received ${JSON.stringify(text)}`)
}

function timeOf(args: Args, name: string): string | undefined {
  const text = textOf(args, name)
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw usageError(`--${name} wants an ISO time such as 2026-01-31T02:00:00Z, received ${JSON.stringify(text)}`)
  return new Date(time).toISOString()
}
