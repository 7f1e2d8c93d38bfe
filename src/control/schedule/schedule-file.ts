import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { ScheduleStore } from '../../targets/batch/schedule/schedule-ports.js'
import type { ScheduleState } from '../../targets/batch/schedule/schedule-state.js'
import { readJson, writeDurable } from '../batch/durable-json.js'
import { fileFailure } from '../state-dir.js'
import { takeLock } from './exclusive-lock.js'

/** Version of the file: one of another version is refused, not guessed at. */
const version = 1

/** Folder of the states of schedules in a state folder. */
export function schedulesFolder(stateRoot: string): string {
  return join(stateRoot, 'schedules')
}

/** Keeps the state of a schedule in `<state>/schedules/<name>.json`. */
export function scheduleFile(stateRoot: string, name: string): ScheduleStore {
  const folder = schedulesFolder(stateRoot)
  const path = join(folder, `${name}.json`)
  return {
    read: () => readState(path),
    async write(state) {
      await makeFolder(folder)
      await writeDurable(path, `${JSON.stringify({ version, ...state }, null, 2)}\n`)
    },
    async lock() {
      await makeFolder(folder)
      return takeLock(folder, name).catch((cause: unknown) => {
        throw fileFailure(cause, 'the lock of the schedule cannot be taken')
      })
    },
  }
}

async function readState(path: string): Promise<ScheduleState | null> {
  const kept = (await readJson(path)) as ({ readonly version?: unknown } & ScheduleState) | null
  if (kept === null) return null
  const { version: found, ...state } = kept
  if (found === version) return state
  throw new SlipwayError('INTEGRITY', `${path}: expected version ${version}, found ${JSON.stringify(found)}; move it away to begin anew`)
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw fileFailure(cause, 'the folder of schedules cannot be made')
  })
}
