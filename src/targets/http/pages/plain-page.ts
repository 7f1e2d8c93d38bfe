import type { StaticFile } from './static-pages.js'
import { staticFile } from './static-pages.js'

/** What stands in for the dashboard where it was not built: where to find things. */
export function plainPage(server: { readonly name: string; readonly version: string }): StaticFile {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(server.name)}</title>
<h1>${escapeHtml(server.name)} ${escapeHtml(server.version)}</h1>
<ul>
<li><a href="/models">Models and their signatures</a></li>
<li><a href="/openapi.json">Routes (OpenAPI 3.1)</a></li>
<li><a href="/v2">Open Inference Protocol</a></li>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/readyz">Readiness</a></li>
</ul>
</html>
`
  return staticFile(Buffer.from(html), 'text/html; charset=utf-8')
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
