// Takes the pictures of the README from the examples: `npm run build && npx tsx scripts/screenshots.ts`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchBrowser } from '../test/support/browser.js'
import { startServer } from '../test/support/slipway.js'

const state = mkdtempSync(join(tmpdir(), 'slipway-pictures-'))
const server = await startServer(['examples', '--state', state])
const browser = await launchBrowser()
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
  await page.goto(`${server.url}/#fraud`)
  await page.getByRole('button', { name: 'Predict' }).click()
  await page.locator('.source').waitFor()
  await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({ path: 'docs/images/playground.png' })
} finally {
  await browser.close()
  await server.stop()
  rmSync(state, { recursive: true, force: true })
}
