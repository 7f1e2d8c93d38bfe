import type { CategoryField, Field, IntegerField, NumberField, TensorField, TextField, TimestampField } from '../core/field.js'
import type { FrameCheck, Subject } from './check.js'
import { integerCheck, numberCheck, timestampCheck } from './number-check.js'
import { elementsCheck, sumCheck } from './tensor-check.js'
import { categoryCheck, textCheck } from './text-check.js'

/** The checks of one field's values; none where every value of its type passes. */
export function fieldChecks(subject: Subject): readonly FrameCheck[] {
  return checksOf(subject).filter((check) => check !== null)
}

function checksOf(subject: Subject): readonly (FrameCheck | null)[] {
  const { kind } = subject.field
  switch (kind) {
    case 'number':
      return [numberCheck(as<NumberField>(subject))]
    case 'integer':
      return [integerCheck(as<IntegerField>(subject))]
    case 'timestamp':
      return [timestampCheck(as<TimestampField>(subject))]
    case 'category':
      return [categoryCheck(as<CategoryField>(subject))]
    case 'text':
      return [textCheck(as<TextField>(subject))]
    case 'tensor':
      return [elementsCheck(as<TensorField>(subject)), sumCheck(as<TensorField>(subject))]
    case 'boolean':
    case 'schema':
      return []
  }
}

function as<F extends Field>(subject: Subject): Subject<F> {
  return subject as Subject<F>
}
