import { setTimeout as delay } from 'node:timers/promises'
import { SlipwayError, type ErrorCode } from '../../core/errors.js'
import type { Database } from './open-database.js'

/**
 * Begins a transaction that writes. While another connection does, it looks again every few milliseconds without blocking the process;
 * after `waitMs` it rejects with `code`.
 */
export async function beginWriting(database: Database, waitMs: number, code: ErrorCode): Promise<void> {
  const end = performance.now() + waitMs
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 20)) {
    try {
      return database.exec('BEGIN IMMEDIATE')
    } catch (error) {
      if (!isBusy(error)) throw sqliteFailure(error, code)
      if (performance.now() > end) {
        throw new SlipwayError(code, `another process has been writing to the SQLite file for more than ${waitMs} ms`, { cause: error })
      }
    }
    await delay(pauseMs)
  }
}

/** Runs `work` in a transaction that writes: all of it or nothing. `work` does not wait for anything. */
export async function writeAtOnce<T>(database: Database, waitMs: number, code: ErrorCode, work: () => T): Promise<T> {
  await beginWriting(database, waitMs, code)
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    throw sqliteFailure(error, code)
  }
}

/** Ends a transaction without effect; SQLite has done so by itself after some errors. */
export function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // No transaction is open any more.
  }
}

/** True for a row that a constraint refuses: nothing of its statement is stored. */
export function isConstraint(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_CONSTRAINT')
}

function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY') || codeOf(error).startsWith('SQLITE_LOCKED')
}

/** What SQLite threw, as an error of ours that says why; our own errors stay. */
export function sqliteFailure(error: unknown, code: ErrorCode): SlipwayError {
  if (error instanceof SlipwayError) return error
  return new SlipwayError(code, reasons[codeOf(error)] ?? 'SQLite failed', { cause: error })
}

const reasons: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk of the SQLite file is full',
  SQLITE_IOERR: 'the SQLite file cannot be read or written',
  SQLITE_READONLY: 'the SQLite file is opened for reading only',
  SQLITE_NOTADB: 'the file is not a SQLite file',
  SQLITE_CORRUPT: 'the SQLite file is damaged',
  SQLITE_BUSY: 'another process is writing to the SQLite file',
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
