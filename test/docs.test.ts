import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { errorsPage } from '../scripts/errors-doc.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

function pages(): string[] {
  const below = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
  const docs = below.filter((entry) => entry.isFile() && entry.name.endsWith('.md')).map((entry) => join(entry.parentPath, entry.name))
  return [...docs, join(root, 'README.md'), join(root, 'CONTRIBUTING.md')]
}

describe('the documentation', () => {
  it('lists every error code as the table has it', () => {
    expect(readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')).toBe(errorsPage())
  })

  it('has no link to a file that is not there', () => {
    const broken = pages().flatMap((page) => {
      const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1]!)
      return links.filter((link) => !existsSync(join(dirname(page), link))).map((link) => `${relative(root, page)}: ${link}`)
    })
    expect(broken).toEqual([])
  })

  it('keeps the README within 150 lines and decisions within 40', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(150)
    for (const name of readdirSync(join(root, 'docs/decisions'))) {
      const lines = readFileSync(join(root, 'docs/decisions', name), 'utf8').split('\n').length
      expect({ name, long: lines > 41 }).toEqual({ name, long: false })
    }
  })
})
