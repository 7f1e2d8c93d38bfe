import type { JSX } from 'react'
import type { FieldInfo, ModelInfo, Timed } from './api.js'

/** The answer of one row: outputs, where they came from, what the guards noted. */
export function ResultView({ model, timed }: { readonly model: ModelInfo; readonly timed: Timed }): JSX.Element {
  const { answer, milliseconds } = timed
  return (
    <div className="result">
      <p className="facts">
        <span className={`source ${answer.source === 'model' ? 'good' : answer.source === 'none' ? 'bad' : 'warn'}`}>{answer.source}</span>{' '}
        in {milliseconds.toFixed(1)} ms, with the way there and back
      </p>
      {answer.error !== undefined && (
        <p className="notice bad">
          <code>{answer.error.code}</code> {answer.error.message}
        </p>
      )}
      {answer.codes.map((code) => (
        <p key={code} className="notice warn">
          <code>{code}</code>
        </p>
      ))}
      {Object.entries(answer.output ?? {}).map(([name, value]) => (
        <Output key={name} name={name} value={value} field={model.output[name]} />
      ))}
    </div>
  )
}

function Output({
  name,
  value,
  field,
}: {
  readonly name: string
  readonly value: unknown
  readonly field: FieldInfo | undefined
}): JSX.Element {
  const bars = barsOf(name, value, field)
  if (bars === null) {
    return (
      <p className="output">
        <span>{name}</span> <strong>{typeof value === 'string' ? value : JSON.stringify(value)}</strong>
      </p>
    )
  }
  return (
    <table className="bars">
      <caption>{name}</caption>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.label}>
            <th scope="row">{bar.label}</th>
            <td className="bar">
              <span style={{ width: `${bar.share * 100}%` }} />
            </td>
            <td className="figure">{bar.share.toFixed(4)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Shares between 0 and 1 are drawn: a bounded number, or a short list of them. */
function barsOf(name: string, value: unknown, field: FieldInfo | undefined): { readonly label: string; readonly share: number }[] | null {
  const isShare = (item: unknown): item is number => typeof item === 'number' && item >= 0 && item <= 1
  if (Array.isArray(value) && value.length <= 32 && value.every(isShare)) {
    return value.map((share, i) => ({ label: field?.labels?.[i] ?? String(i), share }))
  }
  return isShare(value) && field?.min === 0 && field.max === 1 ? [{ label: name, share: value }] : null
}
