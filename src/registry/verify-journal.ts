import type { RecordStore } from '../core/registry-store.js'
import { aliasFileStatus, listAliasFiles } from './alias-file.js'
import { canonicalBytes } from './canonical-json.js'
import { problemsOf, type Problem } from './finding.js'
import { emptyHead } from './head.js'
import { advance, checkpointKey, entryKey, readCheckpoint, sameBytes, truncated } from './journal.js'
import type { ModelHead } from './records.js'

/** Follows a journal from its first entry, and compares the checkpoint with it. `head` is where the sound part of the journal leads. */
export async function verifyJournal(
  records: RecordStore,
  model: string,
): Promise<{ readonly head: ModelHead; readonly problems: readonly Problem[] }> {
  const checkpoint = await readCheckpoint(records, model)
  let head = emptyHead(model)
  let confirmed = false
  const broken = await problemsOf('journal', () =>
    advance(records, head, (_, __, after) => {
      head = after
      if (after.seq === checkpoint?.seq) confirmed = sameBytes(canonicalBytes(after), canonicalBytes(checkpoint))
    }),
  )
  const subject = `journal entry ${head.seq + 1}`
  if (broken.length > 0) return { head, problems: broken.map((problem) => ({ ...problem, subject })) }
  const known = (await hasGap(records, head)) ? head.seq + 2 : (checkpoint?.seq ?? 0)
  if (known > head.seq) return { head, problems: [{ code: 'JOURNAL_BROKEN', subject, message: truncated(model, head.seq, known).message }] }
  const damaged = checkpoint === undefined ? await records.has(checkpointKey(model)) : !confirmed
  return { head, problems: damaged ? [damagedCheckpoint(model)] : [] }
}

/** Compares the files of the aliases with the journal. */
export async function verifyAliases(records: RecordStore, head: ModelHead): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const alias of new Set([...(await listAliasFiles(records, head.model)), ...Object.keys(head.aliases)])) {
    const subject = `alias ${alias}`
    const message = `the file of ${head.model}@${alias} is not what the journal says; moving the alias writes it anew`
    const found = await problemsOf(subject, async () => {
      if ((await aliasFileStatus(records, head, alias)) === 'damaged') problems.push({ code: 'INTEGRITY', subject, message })
    })
    problems.push(...found)
  }
  return problems
}

// Entries may be appended while we read; what is wrong is an entry that exists although the one before it does not.
async function hasGap(records: RecordStore, head: ModelHead): Promise<boolean> {
  const next = entryKey(head.model, head.seq + 1)
  for await (const { key } of records.list(`models/${head.model}/journal/`)) {
    if (key > next && !(await records.has(next))) return true
  }
  return false
}

function damagedCheckpoint(model: string): Problem {
  return {
    code: 'INTEGRITY',
    subject: 'checkpoint',
    message: `the checkpoint of ${model} is not what the journal says; the next change writes it anew`,
  }
}
