import { SlipwayError } from '../../core/errors.js'

/** The part of libsql's synchronous interface that is used here. */
export interface Statement {
  raw(on: boolean): Statement
  safeIntegers(on: boolean): Statement
  run(values: readonly unknown[]): unknown
  get(values: readonly unknown[]): unknown
  all(values: readonly unknown[]): unknown[]
  iterate(values: readonly unknown[]): Iterable<unknown>
  columns(): readonly { readonly name: string; readonly type: string | null }[]
}

export interface Database {
  prepare(sql: string): Statement
  exec(sql: string): void
  pragma(sql: string): unknown
  transaction(work: () => void): () => void
  close(): void
}

/** The class of connections. Note that libsql 0.5.29 ignores both options; `?mode=ro` in a file URI is what makes a connection read-only. */
export type DatabaseConstructor = new (path: string, options?: { readonly readonly: boolean; readonly fileMustExist: boolean }) => Database

/** Opens a SQLite file with a write-ahead log, so that readers and a writer do not wait for each other. */
export async function openDatabase(path: string, options: { readonly readonly: boolean }): Promise<Database> {
  const Driver = await loadDriver()
  try {
    const database = new Driver(path, { readonly: options.readonly, fileMustExist: options.readonly })
    database.pragma('busy_timeout = 2000')
    if (!options.readonly) database.pragma('journal_mode = WAL')
    return database
  } catch (cause) {
    throw new SlipwayError('FILE_UNKNOWN', `the SQLite file \`${path}\` cannot be opened`, { cause })
  }
}

/** Loads libsql, for those that open connections at once later. Rejects with PACKAGE_MISSING. */
export async function loadDriver(): Promise<DatabaseConstructor> {
  try {
    return (await import('libsql')).default
  } catch (cause) {
    throw new SlipwayError('PACKAGE_MISSING', 'SQLite needs the package libsql: npm install libsql@0.5.29', { cause })
  }
}
