import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import { missing } from '../support/requires.js'
import { type ServerProcess, startServer } from '../support/slipway.js'

const skipped = missing('chromium')

describe.skipIf(skipped !== null)(`the pages in a real browser${skipped === null ? '' : ` (${skipped})`}`, () => {
  const state = mkdtempSync(join(tmpdir(), 'slipway-pages-'))
  let server: ServerProcess
  let browser: Browser
  const problems: string[] = []

  beforeAll(async () => {
    server = await startServer(['examples', '--state', state])
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    rmSync(state, { recursive: true, force: true })
  })

  async function openPage(path: string): Promise<Page> {
    const page = await browser.newPage()
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(error.message))
    await page.goto(`${server.url}${path}`)
    return page
  }

  it('draws a form from the signature and shows the answer and where it came from', async () => {
    const page = await openPage('/#fraud')
    await page.getByLabel('country', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('.source').waitFor()
    expect(await page.locator('.source').textContent()).toBe('model')
    expect(Number(await page.locator('.figure').first().textContent())).toBeLessThan(0.5)
  })

  it('says which field is wrong when a row is refused', async () => {
    const page = await openPage('/#fraud')
    await page.getByLabel('amount EUR').fill('-5')
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('.notice.bad').waitFor()
    expect(await page.locator('.notice.bad').textContent()).toMatch(/INPUT_RANGE.*amount/)
  })

  it('reads a digit that is drawn with the pointer', async () => {
    const page = await openPage('/#digits')
    const pad = page.locator('canvas')
    await pad.waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    const box = (await pad.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.8, { steps: 30 })
    await page.mouse.up()
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('.bars').first().waitFor()
    expect(await page.locator('.output strong').first().textContent()).toBe('1')
  })

  it('lists the routes of every model, with an example to paste', async () => {
    const page = await openPage('/docs')
    await page.getByText('/models/fraud/predict', { exact: true }).click()
    expect(await page.locator('details[open] pre').first().textContent()).toContain('"amount"')
  })

  it('works on a small screen without a sideways scroll', async () => {
    const page = await openPage('/#reviews')
    await page.setViewportSize({ width: 375, height: 800 })
    await page.getByRole('button', { name: 'Predict' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375)
  })

  it('logs no error in any of these but the refused row', () => {
    expect(problems).toEqual([expect.stringContaining('400')])
  })
})
