import { Worker } from 'node:worker_threads'

const watch = `
const { workerData } = require('node:worker_threads')
setInterval(() => { if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL') }, workerData.everyMs)
`

/**
 * Ends this process when its parent is gone, even while a native run blocks the event loop and a closed channel goes
 * unnoticed: the check has a thread of its own.
 */
export function watchParent(everyMs = 500): void {
  const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 }
  const options = { eval: true, workerData: { parent: process.ppid, everyMs }, execArgv: [], env: {}, resourceLimits }
  new Worker(watch, options).unref()
}
