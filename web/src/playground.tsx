import { type FormEvent, type JSX, useState } from 'react'
import { type ModelInfo, predict, type Timed } from './api.js'
import { FieldInput } from './field-input.js'
import { parseRow, startValues, type Values } from './form-values.js'
import { ResultView } from './result-view.js'

type Outcome =
  | { readonly state: 'idle' }
  | { readonly state: 'busy' }
  | { readonly state: 'done'; readonly timed: Timed }
  | { readonly state: 'failed'; readonly reason: string }

/** A form drawn from the signature of a model, and what the model answers. */
export function Playground({ model }: { readonly model: ModelInfo }): JSX.Element {
  const [values, setValues] = useState<Values>(() => startValues(model))
  const [outcome, setOutcome] = useState<Outcome>({ state: 'idle' })
  const row = parseRow(model.input, values)

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setOutcome({ state: 'busy' })
    try {
      setOutcome({ state: 'done', timed: await predict(model.name, row) })
    } catch (error) {
      setOutcome({ state: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  return (
    <main>
      <h1>{model.name}</h1>
      {model.description !== null && <p className="lead">{model.description}</p>}
      <p className="facts">
        version {model.version} · <code title={model.digest}>{model.digest.slice(0, 19)}</code> · {model.engine} · {model.isolation}
      </p>
      <div className="pair">
        <form onSubmit={(event) => void submit(event)} aria-label={`Inputs of ${model.name}`}>
          {Object.entries(model.input).map(([name, field]) => (
            <FieldInput
              key={name}
              name={name}
              field={field}
              value={values[name] ?? ''}
              onChange={(value) => setValues({ ...values, [name]: value })}
            />
          ))}
          <button className="primary" type="submit" disabled={outcome.state === 'busy'}>
            Predict
          </button>
        </form>
        <section aria-live="polite" aria-label="Answer">
          {outcome.state === 'idle' && <p className="notice">The answer appears here.</p>}
          {outcome.state === 'busy' && <p className="notice">Predicting…</p>}
          {outcome.state === 'failed' && <p className="notice bad">{outcome.reason}</p>}
          {outcome.state === 'done' && <ResultView model={model} timed={outcome.timed} />}
          <h2>The same call</h2>
          <pre>{curlOf(model.name, row)}</pre>
        </section>
      </div>
    </main>
  )
}

function curlOf(name: string, row: object): string {
  const text = JSON.stringify(row)
  const body = text.length > 600 ? `${text.slice(0, 300)} … ${text.slice(-40)}` : text
  return `curl ${new URL(`models/${name}/predict`, document.baseURI).href} \\\n  -d '${body.replaceAll("'", String.raw`'\''`)}'`
}
