import { dirname } from 'node:path'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import { logicalRequest } from '../../targets/batch/schedule/logical-request.js'
import { batchEntry, loadConfig, type LoadedConfig } from './load-config.js'

export interface ConfiguredOptions {
  /** Path of the configuration; looked for in the working folder when left out. */
  readonly config?: string | undefined
  /** ISO time that placeholders stand for. */
  readonly logicalTime?: string | undefined
}

/**
 * A batch of the configuration as a request, and the folder that its names start from. SCHEDULE_UNKNOWN, CONFIG_INVALID, FILE_UNKNOWN; USAGE when it
 * has placeholders and no logical time is given.
 */
export async function configuredBatch(
  name: string,
  { config: file, logicalTime }: ConfiguredOptions,
): Promise<{ readonly request: BatchRequest; readonly cwd: string }> {
  const config = await loadConfig({ file })
  const time = logicalTime === undefined ? null : Date.parse(logicalTime)
  return { request: logicalRequest(name, batchEntry(config, name), time), cwd: folderOf(config) }
}

/** The folder that relative names of a configuration start from. */
export function folderOf({ file }: LoadedConfig): string {
  return file === null ? process.cwd() : dirname(file)
}
