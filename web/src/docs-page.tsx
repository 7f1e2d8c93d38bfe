import type { JSX } from 'react'
import { fetchOpenApi, type OpenApi, type OpenApiContent, type OpenApiOperation } from './api.js'
import { useLoad } from './use-load.js'

interface Entry {
  readonly method: string
  readonly path: string
  readonly operation: OpenApiOperation
}

/** Every route of this server, from its OpenAPI document. */
export function DocsPage(): JSX.Element {
  const document = useLoad(fetchOpenApi)
  if (document.state === 'loading') return <p className="notice">Loading the routes…</p>
  if (document.state === 'failed') return <p className="notice bad">The routes could not be read: {document.reason}</p>
  const groups = groupByTag(document.value)
  return (
    <div className="columns">
      <nav className="models" aria-label="Groups">
        {groups.map(([tag, entries]) => (
          <a key={tag} href={`#${encodeURIComponent(tag)}`}>
            <strong>{tag}</strong>
            <small>{entries.length} routes</small>
          </a>
        ))}
      </nav>
      <main>
        <h1>{document.value.info.title}</h1>
        <p className="lead">{document.value.info.description}</p>
        <p className="facts">
          The same as a file: <a href="openapi.json">openapi.json</a>
        </p>
        {groups.map(([tag, entries]) => (
          <section key={tag} id={encodeURIComponent(tag)}>
            <h2>{tag}</h2>
            {entries.map((entry) => (
              <Operation key={`${entry.method} ${entry.path}`} entry={entry} />
            ))}
          </section>
        ))}
      </main>
    </div>
  )
}

function Operation({ entry }: { readonly entry: Entry }): JSX.Element {
  const { method, path, operation } = entry
  const [type, content] = firstContent(operation.requestBody?.content)
  return (
    <details className="operation">
      <summary>
        <span className={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code> <span>{operation.summary}</span>
      </summary>
      {operation.description !== undefined && <p>{operation.description}</p>}
      {content !== null && (
        <>
          <h3>Request, {type}</h3>
          <pre>{exampleOf(content)}</pre>
          <h3>With curl</h3>
          <pre>{`curl -X ${method.toUpperCase()} ${new URL(path.slice(1), window.document.baseURI).href} -H 'content-type: ${type}' \\\n  -d '${exampleOf(content, false)}'`}</pre>
        </>
      )}
      <h3>Answers</h3>
      <dl>
        {Object.entries(operation.responses ?? {}).map(([status, response]) => {
          const [, body] = firstContent(response.content)
          return (
            <div key={status}>
              <dt>{status}</dt>
              <dd>
                {response.description}
                {body !== null && <pre>{exampleOf(body)}</pre>}
              </dd>
            </div>
          )
        })}
      </dl>
    </details>
  )
}

function firstContent(content: Readonly<Record<string, OpenApiContent>> | undefined): readonly [string, OpenApiContent | null] {
  const first = Object.entries(content ?? {})[0]
  return first ?? ['', null]
}

function exampleOf(content: OpenApiContent, pretty = true): string {
  const text = JSON.stringify(content.example ?? content.schema ?? {}, null, pretty ? 2 : undefined)
  return text.length > 4_000 ? `${text.slice(0, 4_000)} …` : text
}

function groupByTag(document: OpenApi): (readonly [string, readonly Entry[]])[] {
  const groups = new Map<string, Entry[]>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!['get', 'post', 'put', 'delete'].includes(method)) continue
      const tag = operation.tags?.[0] ?? 'other'
      groups.set(tag, [...(groups.get(tag) ?? []), { method, path, operation }])
    }
  }
  return [...groups]
}
