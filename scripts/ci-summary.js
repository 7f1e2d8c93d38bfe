// Adds up what the test runs wrote and prints the closing line; a failed step counts as a failure even if no test did.
import { existsSync, readFileSync } from 'node:fs'

const failedSteps = Number(process.argv[2] ?? 0)
const results = ['build/test-results.json', 'build/test-results-engines.json']
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')))
const sum = (key) => results.reduce((total, result) => total + result[key], 0)

const skipped = sum('numPendingTests') + sum('numTodoTests')
const passed = sum('numPassedTests')
const failed = Math.max(sum('numFailedTests') + skipped, failedSteps)
if (skipped > 0) console.log(`${skipped} tests were skipped: nothing may be skipped in CI`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
