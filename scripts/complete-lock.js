// Names in package-lock.json the optional platform packages that a registry mirror did not offer, so that `npm ci` accepts the file on
// every platform: `node scripts/complete-lock.js` after each `npm install`.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const platforms = ['darwin', 'linux', 'win32', 'freebsd', 'android']
const cpus = ['x64', 'arm64', 'arm', 'ia32']

let added = 0
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    if (place in lock.packages) continue
    const words = name.split(/[-/]/)
    const entry = {
      version,
      cpu: words.filter((word) => cpus.includes(word)),
      optional: true,
      os: words.filter((word) => platforms.includes(word)),
    }
    if (parent.dev === true) entry.dev = true
    lock.packages[place] = entry
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} packages added`)
