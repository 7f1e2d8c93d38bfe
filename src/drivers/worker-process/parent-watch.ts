import { Worker } from 'node:worker_threads'

const watch = `
const { rmSync } = require('node:fs')
const { workerData } = require('node:worker_threads')
setInterval(() => {
  if (process.ppid === workerData.parent) return
  if (workerData.folder !== null) rmSync(workerData.folder, { recursive: true, force: true })
  process.kill(process.pid, 'SIGKILL')
}, workerData.everyMs)
`

/**
 * Ends this process when its parent is gone, even while a native run blocks the event loop and a closed channel goes
 * unnoticed: the check has a thread of its own. `folder`, when given, is removed first.
 */
export function watchParent(folder: string | null, everyMs = 500): void {
  const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 }
  const options = { eval: true, workerData: { parent: process.ppid, folder, everyMs }, execArgv: [], env: {}, resourceLimits }
  new Worker(watch, options).unref()
}
