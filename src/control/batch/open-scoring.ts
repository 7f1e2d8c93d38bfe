import { systemClock } from '../../core/clock.js'
import { createIdSource } from '../../core/ids.js'
import type { Logger } from '../../core/ports.js'
import type { Partition, ReadPlan, TableReader, TableSink } from '../../core/table.js'
import { rowPolicyOf } from '../../model/guards.js'
import type { Predictor } from '../../model/predictor.js'
import { createAccumulators } from '../../monitoring/accumulators.js'
import type { ScoringParts } from '../../targets/batch/score-partition.js'
import { parseWhere } from '../../targets/batch/where/where.js'
import { openFeatures, versionOptions } from '../open-plane.js'
import { openLocalRegistry } from '../open-local-registry.js'
import { openVersion } from '../open-version.js'
import { openStateDir } from '../state-dir.js'
import { openReader } from './open-reader.js'
import { openSink } from './open-sink.js'
import type { ScoringSpec } from './scoring-spec.js'

/** A model, readers and a sink, open for scoring in this process. */
export interface OpenScoring {
  readonly parts: ScoringParts
  close(): Promise<void>
}

/** Opens what a spec names. The model runs inline, whatever the server would do: a batch has a process of its own. */
export async function openScoring(spec: ScoringSpec, logger: Logger): Promise<OpenScoring> {
  const closing: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const each of closing.splice(0).toReversed()) await each()
  }
  try {
    const model = await openBatchModel(spec, logger)
    const { predictor } = model
    closing.push(() => model.close())
    const sink: TableSink = await openSink(spec.sink, spec.context)
    closing.push(() => sink.close())
    const readers = new Readers(spec)
    closing.push(() => readers.close())
    const { definition } = predictor
    return {
      parts: {
        reader: (partition) => readers.of(partition),
        plan: readPlanOf(spec, definition),
        where: spec.where === null ? null : parseWhere(spec.where),
        predictor,
        sink,
        layout: spec.layout,
        output: definition.output,
        quarantine: spec.quarantine,
        clock: systemClock,
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** A batch reads the columns that it needs: others of a source are no error. */
export function readPlanOf(
  spec: Pick<ScoringSpec, 'columnOf' | 'carry' | 'types' | 'chunkRows'>,
  definition: Predictor['definition'],
): ReadPlan {
  return {
    fields: definition.input,
    policy: { ...rowPolicyOf(definition), unknownFields: 'ignore' },
    columnOf: spec.columnOf,
    carry: spec.carry,
    types: spec.types,
    chunkRows: spec.chunkRows,
  }
}

/** One version, loaded into this process. */
export async function openBatchModel(
  spec: Pick<ScoringSpec, 'state' | 'model'>,
  logger: Logger,
): Promise<{ readonly predictor: Predictor; close(): Promise<void> }> {
  const state = openStateDir(spec.state)
  const registry = await openLocalRegistry(state.registry, 'existing')
  const features = await openFeatures(state)
  try {
    const options = versionOptions(
      {
        state,
        models: null,
        isolation: 'inline',
        workers: 1,
        threads: 1,
        memoryLimitMb: 4096,
        limits: {},
        metrics: createAccumulators(),
        logger,
      },
      registry,
      features,
    )
    const { predictor } = await openVersion({ ...options, ids: createIdSource((bytes) => crypto.getRandomValues(bytes)) }, spec.model)
    const close = async (): Promise<void> => {
      await predictor.close()
      await features?.close()
      await registry.close()
    }
    return { predictor, close }
  } catch (error) {
    await features?.close()
    await registry.close()
    throw error
  }
}

/** A reader each file, opened when its first partition comes. */
class Readers {
  readonly #spec: ScoringSpec
  readonly #open = new Map<number, TableReader>()

  constructor(spec: ScoringSpec) {
    this.#spec = spec
  }

  of({ file }: Partition): TableReader {
    const known = this.#open.get(file)
    if (known !== undefined) return known
    const reader = openReader(this.#spec.files[file]!, { memoryMb: this.#spec.context.memoryMb })
    this.#open.set(file, reader)
    return reader
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((reader) => reader.close()))
  }
}
