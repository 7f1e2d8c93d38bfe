import type { CommandResult } from './slipway.js'
import type { Workspace } from './workspace.js'

/** Flags of a command by name; true stands for one without a value, undefined for none. */
export type Flags = Readonly<Record<string, string | true | undefined>>

/** What `--json` prints of a run, as far as tests look at it. */
export interface BatchReport {
  readonly run: string
  readonly state: string
  readonly counts: {
    readonly read: number
    readonly filtered: number
    readonly written: number
    readonly bad: number
    readonly fallback: number
  }
  readonly badCodes: readonly { readonly code: string; readonly rows: number; readonly example: string }[]
  readonly partitions: number
  readonly resumedPartitions: number
  readonly repeated: boolean
  readonly quarantine: string | null
  readonly output: { readonly location: string; readonly rows: number; readonly bytes: number } | null
  readonly stored: { readonly set: string; readonly flipped: boolean } | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A run that ended, and what it printed: a report, or why there was none. */
export interface EndedRun extends CommandResult {
  readonly report: BatchReport
}

export function flagsOf(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : value === true ? [`--${name}`] : [`--${name}`, value],
  )
}

/** `slipway batch run`, without progress; an error that came before a run has its code and message where a report has them. */
export async function runBatch(workspace: Workspace, flags: Flags): Promise<EndedRun> {
  const result = await workspace.run('batch', 'run', ...flagsOf(flags), '--json', '--quiet')
  const text = result.stdout.trim() === '' ? '{}' : result.stdout.trim().split('\n').at(-1)!
  return { ...result, report: JSON.parse(text) as BatchReport }
}
