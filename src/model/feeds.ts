import { bytesPerElement } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import type { Column } from '../core/frame.js'
import type { Tensor, TensorSpec } from '../core/tensor.js'
import { describeTensor, elementCount } from '../core/tensor.js'
import { showValue } from '../guardrails/show-value.js'
import type { ElementSource } from './cast-elements.js'
import { castElements, describeFault, isCastFault, sourceOf } from './cast-elements.js'
import type { FeedLike } from './definition.js'

export type Feeds = Readonly<Record<string, Tensor>>

/**
 * What a preprocess function returned, as tensors that fit the graph. Bare elements get their dtype and shape from the graph;
 * whole tensors must have them. PREPROCESS_FAILED, with expected and received, when they do not fit.
 * `rows` is the size of the batch dimension, null where the graph has none.
 */
export function toFeeds(given: Readonly<Record<string, FeedLike>>, specs: readonly TensorSpec[], rows: number | null): Feeds {
  if (given instanceof Promise) {
    given.catch(() => undefined)
    fail('preprocess is asynchronous; it must return its feeds at once')
  }
  if (typeof given !== 'object' || given === null) fail(`preprocess returned ${showValue(given)}; expected feeds by name of graph input`)
  const feeds: Record<string, Tensor> = Object.create(null)
  for (const spec of specs) {
    const feed = given[spec.name]
    if (feed === undefined) fail(`preprocess returned nothing for graph input \`${spec.name}\`, ${describeTensor(spec)}`)
    feeds[spec.name] = toFeed(spec, feed, rows)
  }
  for (const name of Object.keys(given)) {
    if (!(name in feeds)) fail(`preprocess returned \`${name}\`, which the graph does not take; it takes ${namesOf(specs)}`)
  }
  return feeds
}

/** Graph names for messages: `` `a`, `b` ``. */
export function namesOf(specs: readonly { readonly name: string }[]): string {
  return specs.map((spec) => `\`${spec.name}\``).join(', ')
}

function fail(message: string): never {
  throw new SlipwayError('PREPROCESS_FAILED', message)
}

/** A whole column counts as its elements: its dtype is that of the field, not of the graph. */
function toFeed(spec: TensorSpec, feed: FeedLike | Column, rows: number | null): Tensor {
  if (isColumn(feed)) return fromElements(spec, feed.data, rows, feed.dtype === 'object' ? 'values' : feed.dtype)
  return isTensor(feed) ? wholeTensor(spec, feed, rows) : fromElements(spec, feed, rows)
}

function isColumn(feed: FeedLike | Column): feed is Column {
  return typeof feed === 'object' && feed !== null && 'validity' in feed
}

function isTensor(feed: FeedLike): feed is Tensor {
  return typeof feed === 'object' && feed !== null && 'dtype' in feed
}

function wholeTensor(spec: TensorSpec, tensor: Tensor, rows: number | null): Tensor {
  const { dtype, shape, data } = tensor
  const fits = shape.length === spec.shape.length && spec.shape.every((size, axis) => size === null || size === shape[axis])
  if (dtype !== spec.dtype || !fits || (rows !== null && shape[0] !== rows)) {
    fail(`expected ${describeBatch(spec, rows)} for graph input \`${spec.name}\`, received ${describeTensor(tensor)}`)
  }
  if (data.length !== elementCount(shape)) {
    fail(`expected ${elementCount(shape)} elements for graph input \`${spec.name}\` of shape [${shape.join(',')}], received ${data.length}`)
  }
  if (!Array.isArray(data) && bytesPerElement(dtype) !== data.BYTES_PER_ELEMENT) {
    fail(`expected ${dtype} data for graph input \`${spec.name}\`, received elements of ${data.BYTES_PER_ELEMENT} bytes`)
  }
  return tensor
}

function fromElements(spec: TensorSpec, elements: unknown, rows: number | null, source?: ElementSource): Tensor {
  if (!isElements(elements)) fail(`expected ${describeBatch(spec, rows)} for graph input \`${spec.name}\`, received ${showValue(elements)}`)
  const shape = shapeFor(spec, elements.length, rows)
  const data = castElements(elements, source ?? sourceOf(elements, spec.dtype), spec.dtype)
  if (isCastFault(data)) fail(`expected ${describeTensor(spec)} for graph input \`${spec.name}\`: ${describeFault(data, showValue)}`)
  return { dtype: spec.dtype, shape, data }
}

function isElements(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
}

/** The graph's shape with its free dimensions filled in: the batch by the rows, one more by the number of elements. */
function shapeFor(spec: TensorSpec, count: number, rows: number | null): readonly number[] {
  const known = spec.shape.map((size, axis) => (axis === 0 && rows !== null ? rows : size))
  const free = known.filter((size) => size === null).length
  const product = elementCount(known.map((size) => size ?? 1))
  if (free > 1)
    fail(`graph input \`${spec.name}\`, ${describeTensor(spec)}, has ${free} free dimensions: return { dtype, shape, data } for it`)
  if (free === 0 ? product === count : product > 0 && count % product === 0) return known.map((size) => size ?? count / product)
  const expected = free === 0 ? `${product} elements` : `a multiple of ${product} elements`
  fail(`expected ${expected} for graph input \`${spec.name}\`, ${describeBatch(spec, rows)}, received ${count}`)
}

function describeBatch(spec: TensorSpec, rows: number | null): string {
  return describeTensor({ dtype: spec.dtype, shape: spec.shape.map((size, axis) => (axis === 0 && rows !== null ? rows : size)) })
}
