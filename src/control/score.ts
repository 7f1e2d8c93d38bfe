import type { Logger } from '../core/ports.js'
import { outputType, typeName } from '../drivers/arrow/output-types.js'
import { loadArrow } from '../drivers/arrow/load-arrow.js'
import { openArrowPipe } from '../drivers/arrow/arrow-pipe.js'
import { createJsonlPipe } from '../targets/score/jsonl-pipe.js'
import { outputColumns } from '../targets/score/output-layout.js'
import type { ScorePipe } from '../targets/score/score-pipe.js'
import { type ScoreCounts, scoreStream } from '../targets/score/score-stream.js'
import { openScorer } from './score-open.js'

export interface ScoreRequest {
  /** `fraud`, `fraud@challenger`, `fraud@3`: an alias is followed once, when the work begins. */
  readonly model: string
  readonly state: string
  readonly threads: number
  readonly logger: Logger
}

export interface ScoreStreamRequest extends ScoreRequest {
  readonly format: 'arrow' | 'jsonl'
  readonly pass: readonly string[] | '*'
  readonly bad: 'null' | 'drop' | 'fail'
  readonly batchRows: number
}

/** Where rows come from and go to. */
export interface ScoreStreams {
  readonly input: AsyncIterable<Uint8Array>
  /** Resolves when more may be written. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Told which version scores, once, before the first row. */
  readonly started: (version: ScoringVersion) => void
  /** Aborted when the work is to end after the batch under way. */
  readonly signal: AbortSignal
}

export interface ScoringVersion {
  readonly model: string
  readonly digest: string
}

/** Opens a version inside this process and scores a stream with it. Rejects with what opening, the stream and `scoreStream` reject with. */
export async function score(request: ScoreStreamRequest, streams: ScoreStreams): Promise<ScoreCounts> {
  const { pass, bad, batchRows } = request
  const scorer = await openScorer(request)
  const { predictor } = scorer
  try {
    const { name, version, digest } = predictor.identity
    streams.started({ model: `${name}@${version}`, digest })
    return await scoreStream(await openPipe(request, streams), { predictor, pass, bad, batchRows, signal: streams.signal })
  } finally {
    await scorer.close()
  }
}

/** A column that scoring adds, and how engines name its type. */
export interface ScoredColumn {
  readonly name: string
  readonly arrow: string
  readonly spark: string
}

/** The columns that scoring adds to those passed on, in order. */
export async function describeScores(request: ScoreRequest): Promise<ScoringVersion & { readonly columns: readonly ScoredColumn[] }> {
  const arrow = await loadArrow()
  const scorer = await openScorer(request)
  const { predictor } = scorer
  try {
    const { name, version, digest } = predictor.identity
    const columns = outputColumns(predictor.definition.output).map((column) => {
      const { type, spark } = outputType(arrow, column)
      return { name: column.name, arrow: typeName(type), spark }
    })
    return { model: `${name}@${version}`, digest, columns }
  } finally {
    await scorer.close()
  }
}

async function openPipe({ format, batchRows }: ScoreStreamRequest, { input, write }: ScoreStreams): Promise<ScorePipe> {
  return format === 'arrow' ? openArrowPipe(input, write) : createJsonlPipe(input, write, batchRows)
}
