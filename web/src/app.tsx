import { type JSX, useState } from 'react'
import { fetchModels, type ModelInfo } from './api.js'
import { DocsPage } from './docs-page.js'
import { Playground } from './playground.js'
import { useLoad } from './use-load.js'

export function App({ page }: { readonly page: 'playground' | 'docs' }): JSX.Element {
  return (
    <>
      <header className="top">
        <a className="brand" href="./">
          <Mark /> slipway
        </a>
        <nav aria-label="Pages">
          <a href="./" aria-current={page === 'playground' ? 'page' : undefined}>
            Playground
          </a>
          <a href="docs" aria-current={page === 'docs' ? 'page' : undefined}>
            API
          </a>
          <a href="metrics">Metrics</a>
        </nav>
      </header>
      {page === 'docs' ? <DocsPage /> : <Models />}
    </>
  )
}

function Models(): JSX.Element {
  const models = useLoad(fetchModels)
  if (models.state === 'loading') return <p className="notice">Loading the models…</p>
  if (models.state === 'failed') return <p className="notice bad">The models could not be read: {models.reason}</p>
  if (models.value.length === 0) return <p className="notice">No model is served yet. Add one: slipway models add model.onnx</p>
  return <Chosen models={models.value} />
}

function Chosen({ models }: { readonly models: readonly ModelInfo[] }): JSX.Element {
  const wanted = decodeURIComponent(location.hash.slice(1))
  const [name, setName] = useState(models.find((model) => model.name === wanted)?.name ?? models[0]!.name)
  const model = models.find((candidate) => candidate.name === name) ?? models[0]!
  const choose = (next: string): void => {
    history.replaceState(null, '', `#${encodeURIComponent(next)}`)
    setName(next)
  }
  return (
    <div className="columns">
      <nav className="models" aria-label="Models">
        {models.map((candidate) => (
          <button key={candidate.name} type="button" aria-pressed={candidate === model} onClick={() => choose(candidate.name)}>
            <strong>{candidate.name}</strong>
            <small>
              version {candidate.version}
              {candidate.aliases.length > 0 && ` · ${candidate.aliases.join(', ')}`}
            </small>
          </button>
        ))}
      </nav>
      <Playground key={model.name} model={model} />
    </div>
  )
}

function Mark(): JSX.Element {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <path d="M2 17 L20 11" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />
      <path d="M5 12.5 L15.5 9 L13 4 L7.5 5.8 Z" fill="var(--accent)" />
    </svg>
  )
}
