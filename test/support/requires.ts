import { spawnSync } from 'node:child_process'

/**
 * Null when every command is installed, else why the suite is skipped; use it as `describe.skipIf(missing('promtool') !== null)`
 * with the reason in the suite's name. With CI=true a missing command is an error, since nothing may be skipped there.
 */
export function missing(...commands: readonly string[]): string | null {
  const absent = commands.filter((command) => spawnSync('which', [command]).status !== 0)
  if (absent.length === 0) return null
  const reason = `skipped: ${absent.join(', ')} not installed`
  if (process.env['CI'] === 'true') throw new Error(`CI=true and ${absent.join(', ')} not installed`)
  return reason
}
