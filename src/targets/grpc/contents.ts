import type { DataByDType, DType } from '../../core/dtype.js'
import { SlipwayError } from '../../core/errors.js'
import type { InferTensorContents } from './proto/open_inference_pb.js'

type FieldName = Exclude<keyof InferTensorContents, '$typeName' | '$unknown'>

/** The field of typed contents that holds each element type; float16 and bfloat16 have none. */
const fields: Readonly<Record<Exclude<DType, 'float16' | 'bfloat16'>, FieldName>> = {
  bool: 'boolContents',
  int8: 'intContents',
  int16: 'intContents',
  int32: 'intContents',
  int64: 'int64Contents',
  uint8: 'uintContents',
  uint16: 'uintContents',
  uint32: 'uintContents',
  uint64: 'uint64Contents',
  float32: 'fp32Contents',
  float64: 'fp64Contents',
  string: 'bytesContents',
}

const narrow: Partial<Readonly<Record<DType, readonly [min: number, max: number]>>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  uint8: [0, 255],
  uint16: [0, 65_535],
}

/**
 * The elements of typed contents as data of `dtype`. Throws INPUT_DATATYPE when they stand in the field of another type, INPUT_RANGE when
 * one does not fit a type narrower than its field, INVALID_UTF8 for a text that is none.
 */
export function typedData(contents: InferTensorContents, dtype: DType, input: string): DataByDType[DType] {
  if (dtype === 'float16' || dtype === 'bfloat16') {
    throw new SlipwayError('INPUT_DATATYPE', `input '${input}': FP16 and BF16 have no typed contents; send raw_input_contents`)
  }
  const field = fields[dtype]
  const other = Object.values(fields).find((name) => name !== field && contents[name].length > 0)
  if (other !== undefined) {
    throw new SlipwayError('INPUT_DATATYPE', `input '${input}': expected its elements in ${protoName(field)}, received ${protoName(other)}`)
  }
  const range = narrow[dtype]
  if (range !== undefined) checkRange(contents[field] as number[], range, { dtype, input })
  return convert(contents, dtype, input)
}

/** Number of elements, whatever their type. */
export function elementsIn(contents: InferTensorContents): number {
  return Object.values(fields).reduce((most, name) => Math.max(most, contents[name].length), 0)
}

function convert(contents: InferTensorContents, dtype: Exclude<DType, 'float16' | 'bfloat16'>, input: string): DataByDType[DType] {
  switch (dtype) {
    case 'bool':
      return Uint8Array.from(contents.boolContents, Number)
    case 'int8':
      return Int8Array.from(contents.intContents)
    case 'int16':
      return Int16Array.from(contents.intContents)
    case 'int32':
      return Int32Array.from(contents.intContents)
    case 'int64':
      return BigInt64Array.from(contents.int64Contents)
    case 'uint8':
      return Uint8Array.from(contents.uintContents)
    case 'uint16':
      return Uint16Array.from(contents.uintContents)
    case 'uint32':
      return Uint32Array.from(contents.uintContents)
    case 'uint64':
      return BigUint64Array.from(contents.uint64Contents)
    case 'float32':
      return Float32Array.from(contents.fp32Contents)
    case 'float64':
      return Float64Array.from(contents.fp64Contents)
    case 'string':
      return texts(contents.bytesContents, input)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function texts(values: readonly Uint8Array[], input: string): string[] {
  return values.map((bytes, index) => {
    try {
      return utf8.decode(bytes)
    } catch {
      throw new SlipwayError('INVALID_UTF8', `element ${index} of input '${input}' is not valid UTF-8`)
    }
  })
}

function checkRange(
  values: readonly number[],
  [min, max]: readonly [number, number],
  about: { readonly dtype: DType; readonly input: string },
): void {
  const index = values.findIndex((value) => value < min || value > max)
  if (index < 0) return
  throw new SlipwayError(
    'INPUT_RANGE',
    `element ${index} of input '${about.input}' is ${values[index]}, outside the range of ${about.dtype}`,
  )
}

function protoName(field: FieldName): string {
  return field.replace(/Contents$/, '_contents')
}
