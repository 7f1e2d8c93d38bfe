import type { InputFile, Partition, ReadPlan, SourceChunk, TableColumn, TablePlanner, TableReader } from '../../core/table.js'
import { planCarried } from './carry-plan.js'
import { CarriedColumns } from './carried-columns.js'
import type { Cells } from './cells.js'
import { parseType, tableType } from './column-types.js'
import { openEngine } from './engine.js'
import type { Engine, EngineOptions } from './engine.js'
import { inspectParquet } from './inspect-parquet.js'
import { planInputs } from './input-plan.js'
import type { SourceColumns } from './input-plan.js'
import { InputColumns } from './input-columns.js'
import type { Piece } from './input-columns.js'
import { loadDuckdb } from './load-duckdb.js'
import { failure } from './reason.js'
import { recordOf } from './record.js'
import { ResultChunks } from './result-chunks.js'
import { ResultColumns } from './result-columns.js'
import { scan } from './sql-text.js'

/**
 * Reads row ranges of a Parquet file by DuckDB: columns that fit the signature are copied whole, all else goes value by value through the
 * builders that requests are read with. Row groups outside the range are not touched.
 */
export function createParquetReader(file: Pick<InputFile, 'name' | 'path'>, options: EngineOptions = {}): TableReader {
  let opened: Promise<Engine> | null = null
  let described: Promise<SourceColumns> | null = null
  const engine = (): Promise<Engine> => (opened ??= openEngine(null, options))
  const describe = (): Promise<SourceColumns> => (described ??= engine().then((open) => describeFile(open, file)))

  return {
    async columns(): Promise<readonly TableColumn[]> {
      return [...(await describe())].map(([name, type]) => ({ name, type: tableType(type) }))
    },

    async *read(partition, plan, { signal } = {}) {
      const columns = await describe()
      const selection = new Selection(plan, columns, file.name)
      const where = `file_row_number >= ${partition.start} AND file_row_number < ${partition.end}`
      const sql = `SELECT ${selection.columns.sql} FROM ${scan(file.path, { rowNumbers: true })} WHERE ${where}`
      const connection = await (await engine()).connect()
      try {
        const chunks = new ResultChunks(connection, sql, signal)
        const readers = selection.columns.readers(await loadDuckdb())
        yield* assemble(chunks.read(readers), selection, plan)
      } catch (thrown) {
        throw fault(file, thrown)
      } finally {
        connection.closeSync()
      }
    },

    async close() {
      const open = await opened?.catch(() => null)
      opened = null
      described = null
      open?.close()
    },
  }
}

/**
 * Cuts Parquet files between row groups, which are decoded as a whole, at about the target rows; a group of more than four times the target is cut
 * inside. A file without rows has no partition. SOURCE_INVALID when it is damaged.
 */
export function createParquetPlanner(options: EngineOptions = {}): TablePlanner {
  return {
    async *partitions(file, fileIndex, firstIndex, rows) {
      const { rowGroups } = await inspectParquet(file, options)
      let start = 0
      for (const [i, end] of cutsOf(rowGroups, rows).entries()) {
        yield { index: firstIndex + i, file: fileIndex, start, end } satisfies Partition
        start = end
      }
    },
  }
}

/** Where partitions end, in rows from the beginning of the file. */
function cutsOf(rowGroups: readonly number[], target: number): readonly number[] {
  const cuts: number[] = []
  let from = 0
  let end = 0
  const cut = (): void => {
    if (end > from) cuts.push(end)
    from = end
  }
  for (const rows of rowGroups) {
    if (end - from + rows > target) cut()
    const groupEnd = end + rows
    if (rows > 4 * target) {
      while (groupEnd - end > target) {
        end += target
        cut()
      }
    }
    end = groupEnd
  }
  cut()
  return cuts
}

/** What is selected of a file, and which result columns each input and carried column reads. */
class Selection {
  readonly columns = new ResultColumns()
  readonly inputs: ReturnType<typeof planInputs>
  readonly carried: ReturnType<typeof planCarried>
  readonly inputAt: readonly (number | null)[]
  readonly carriedAt: readonly number[]

  constructor(plan: ReadPlan, source: SourceColumns, file: string) {
    this.inputs = planInputs(plan, source, file)
    this.carried = planCarried(plan, source, file)
    this.inputAt = this.inputs.map(({ selected }) => (selected === null ? null : this.columns.add(selected)))
    this.carriedAt = this.carried.map(({ selected }) => this.columns.add(selected))
  }
}

/** Joins chunks of the engine (2,048 rows) to chunks of the plan. */
async function* assemble(chunks: AsyncIterable<readonly Cells[]>, selection: Selection, plan: ReadPlan): AsyncGenerator<SourceChunk> {
  const inputs = new InputColumns(selection.inputs, plan.policy)
  const carried = new CarriedColumns(selection.carried, plan.chunkRows)
  let pieces: { readonly cells: readonly Cells[]; readonly piece: Piece }[] = []
  let rows = 0
  let firstRow = 0
  const flush = (): SourceChunk => {
    const held = pieces
    const record = (row: number): unknown => recordOf(row, held, selection)
    const chunk = { input: inputs.build(), carry: carried.build(), rowNumbers: null, firstRow, broken: [], record }
    firstRow += rows
    rows = 0
    pieces = []
    return chunk
  }
  const clear = (): void => {
    inputs.reset()
    carried.reset()
  }
  for await (const cells of chunks) {
    const length = cells[0]!.length
    for (let start = 0; start < length;) {
      const piece = { start, count: Math.min(length - start, plan.chunkRows - rows), at: rows }
      inputs.append(
        selection.inputAt.map((at) => (at === null ? null : cells[at]!)),
        piece,
      )
      carried.append(
        selection.carriedAt.map((at) => cells[at]!),
        piece,
      )
      pieces.push({ cells, piece })
      start += piece.count
      rows += piece.count
      if (rows < plan.chunkRows) continue
      yield flush()
      clear()
    }
  }
  if (rows > 0) yield flush()
}

async function describeFile(engine: Engine, file: Pick<InputFile, 'name' | 'path'>): Promise<SourceColumns> {
  try {
    const rows = await engine.rows(`DESCRIBE SELECT * FROM ${scan(file.path)}`)
    return new Map(rows.map((row) => [String(row['column_name']), parseType(String(row['column_type']))]))
  } catch (thrown) {
    throw fault(file, thrown)
  }
}

function fault(file: Pick<InputFile, 'name' | 'path'>, thrown: unknown): Error {
  return failure('SOURCE_INVALID', `${file.name} cannot be read as Parquet`, thrown, new Map([[file.path, file.name]]))
}
