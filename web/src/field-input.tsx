import { type JSX, useId } from 'react'
import type { FieldInfo } from './api.js'
import { DrawPad } from './draw-pad.js'
import { type FieldValue, isPicture } from './form-values.js'

interface Props {
  readonly name: string
  readonly field: FieldInfo
  readonly value: FieldValue
  readonly onChange: (value: FieldValue) => void
}

/** One labelled input, fit for the kind of field. */
export function FieldInput({ name, field, value, onChange }: Props): JSX.Element {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>
        {name}
        {field.unit !== undefined && <span className="unit"> {field.unit}</span>}
        {field.optional && <span className="unit"> optional</span>}
      </label>
      <Control id={id} field={field} value={value} onChange={onChange} />
      <small>{hintOf(field)}</small>
    </div>
  )
}

function Control({ id, field, value, onChange }: Omit<Props, 'name'> & { readonly id: string }): JSX.Element {
  const asText = typeof value === 'string' ? value : ''
  if (field.kind === 'boolean')
    return <input id={id} type="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
  if (isPicture(field))
    return <DrawPad id={id} field={field} value={Array.isArray(value) ? (value as readonly number[]) : []} onChange={onChange} />
  if (field.kind === 'category') {
    return (
      <select id={id} value={asText} onChange={(event) => onChange(event.target.value)}>
        {field.optional && <option value="">—</option>}
        {field.categories?.map((category) => (
          <option key={category}>{category}</option>
        ))}
      </select>
    )
  }
  if (field.kind === 'text') return <textarea id={id} rows={3} value={asText} onChange={(event) => onChange(event.target.value)} />
  if (field.kind === 'tensor' || field.kind === 'schema') {
    return (
      <textarea id={id} rows={4} className="code" spellCheck={false} value={asText} onChange={(event) => onChange(event.target.value)} />
    )
  }
  const inputMode = field.kind === 'timestamp' ? 'text' : 'decimal'
  return <input id={id} type="text" inputMode={inputMode} value={asText} onChange={(event) => onChange(event.target.value)} />
}

function hintOf(field: FieldInfo): string {
  const parts = [field.description, rangeOf(field)]
  if (field.kind === 'tensor') parts.push(`${field.dtype}[${(field.shape ?? []).map((size) => size ?? '?').join(',')}]`)
  if (field.maxLength !== undefined) parts.push(`at most ${field.maxLength} characters`)
  return parts.filter((part) => part !== undefined && part !== '').join(' · ')
}

function rangeOf(field: FieldInfo): string {
  if (field.min !== undefined && field.max !== undefined) return `${field.min} to ${field.max}`
  if (field.min !== undefined) return `from ${field.min}`
  return field.max === undefined ? '' : `up to ${field.max}`
}
