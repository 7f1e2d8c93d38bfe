import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { createJiti } from 'jiti'
import { defineConfig, type SlipwayConfig } from '../../core/config.js'
import type { ReadCron } from '../../core/cron.js'
import { SlipwayError } from '../../core/errors.js'
import * as fields from '../../core/fields.js'
import { createJsonReader } from '../../core/json-reader.js'
import { loadCroner } from '../../drivers/croner/croner.js'
import { defineModel } from '../../model/define-model.js'
import { checkConfig } from './check-config.js'

/** Reads and checks a configuration that is there; CONFIG_INVALID with the name of the file. */
export async function readConfig(file: string): Promise<{ readonly config: SlipwayConfig; readonly readCron: ReadCron }> {
  const readCron = await loadCroner()
  const value = await (extname(file) === '.json' ? readJson(file) : readModule(file))
  return { config: inFile(basename(file), () => checkConfig(value, readCron)), readCron }
}

async function readJson(file: string): Promise<unknown> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw notLoaded(file, cause)
  })
  return inFile(basename(file), () => {
    const reader = createJsonReader(bytes)
    const value = reader.value()
    reader.end()
    return value
  })
}

/** What `import … from 'slipway'` gives in a configuration: this very copy, installed beside the file or not. */
const slipwayModule = { ...fields, defineConfig, defineModel }

async function readModule(file: string): Promise<unknown> {
  const jiti = createJiti(file, { fsCache: false, moduleCache: false, virtualModules: { slipway: slipwayModule } })
  try {
    const source = await readFile(file, 'utf8')
    // Not `import`, which would leave .mjs to Node, where `slipway` is what is installed, if anything.
    const loaded = await jiti.evalModule(source, { filename: file, async: true, forceTranspile: true })
    if (typeof loaded === 'object' && loaded !== null && 'default' in loaded) return loaded.default
  } catch (cause) {
    throw notLoaded(file, cause)
  }
  throw new SlipwayError('CONFIG_INVALID', `${basename(file)}: expected \`export default defineConfig({ … })\`, found no default export`)
}

/** Only the first line of the reason: the rest is a stack or a picture of the code. */
function notLoaded(file: string, cause: unknown): SlipwayError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SlipwayError('CONFIG_INVALID', `${basename(file)} cannot be loaded: ${reason.split('\n')[0]}`, { cause })
}

function inFile<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof SlipwayError)) throw cause
    throw new SlipwayError('CONFIG_INVALID', `${name}: ${cause.message}`, { cause })
  }
}
