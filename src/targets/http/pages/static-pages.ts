import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

export interface StaticFile {
  readonly contentType: string
  readonly bytes: Buffer
  readonly etag: string
}

/** The files of the dashboard by URL path (`/assets/index-4f2a.js`), read once: no request path ever reaches the file system. */
export interface StaticPages {
  /** The one page; the browser picks the view by its path. */
  readonly index: StaticFile
  readonly files: ReadonlyMap<string, StaticFile>
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** Reads the built page from a folder; null when there is none. Files of other types than a page is made of are left out. */
export function loadStaticPages(folder: string): StaticPages | null {
  if (statSync(join(folder, 'index.html'), { throwIfNoEntry: false }) === undefined) return null
  const files = new Map<string, StaticFile>()
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const contentType = contentTypes[extname(entry.name)]
    if (!entry.isFile() || contentType === undefined) continue
    const path = join(entry.parentPath, entry.name)
    files.set(`/${relative(folder, path).split(sep).join('/')}`, staticFile(readFileSync(path), contentType))
  }
  return { index: files.get('/index.html')!, files }
}

/** A file made of bytes at hand. */
export function staticFile(bytes: Buffer, contentType: string): StaticFile {
  return { bytes, contentType, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` }
}
