import { errorTable, type SlipwayError } from '../../../core/errors.js'
import { issueLabel } from '../../../core/issue.js'
import { stringText } from '../../../core/json-writer.js'
import type { ModelIdentity } from '../../../core/prediction.js'
import type { StoredSetHead } from '../../../core/stored-sets.js'
import { isRefused, issuesOf, refusalOf, sourceOf } from '../../../serving/reply.js'
import type { StoredAnswer, StoredAnswers } from '../../../serving/stored-answer.js'
import type { StoredParts } from '../../../serving/stored-value.js'
import { type HttpAnswer, jsonText, jsonType } from '../answer.js'
import { recordText } from '../rows/row-text.js'

type Live = Extract<StoredAnswer, { kind: 'live' }>

/** Writes the answers of lookups. Of one server: it keeps the texts that many answers share. */
export class StoredTexts {
  readonly #ofSets = new WeakMap<StoredSetHead, string>()

  /**
   * `{"output","source","scoredBy","codes","ageMs","set","model"}`. An answer made now has an `id` and no set; a refused one throws its error, or
   * has the status of its refusal, as `/models/{model}/predict` does.
   */
  one({ set, ageMs, stale, answers }: StoredAnswers): HttpAnswer {
    const answer = answers[0]!
    if (answer.kind === 'refused') throw answer.error
    if (answer.kind === 'stored') return jsonText(`{${partsText(answer.parts, stale)},"ageMs":${ageMs},${this.#setText(set!)}}`)
    const body = `{${liveText(answer)},"ageMs":0,"set":null,"model":${modelText(answer.reply.prediction.model)}}`
    return { status: statusOf(answer), contentType: jsonType, body }
  }

  /** `{"set","model","ageMs","answers":[…]}`; 200 where any key was answered, else the status of the first refusal. */
  many({ set, ageMs, stale, answers }: StoredAnswers, keys: readonly string[]): HttpAnswer {
    const head = set === null ? '"set":null,"model":null' : this.#setText(set)
    let body = `{${head},"ageMs":${set === null ? 'null' : ageMs},"answers":[`
    for (const [i, answer] of answers.entries()) {
      body += `${i === 0 ? '' : ','}{"key":${stringText(keys[i]!)},`
      if (answer.kind === 'stored') body += partsText(answer.parts, stale)
      else if (answer.kind === 'refused') body += refusedText(answer.error)
      else body += `${liveText(answer)},"model":${modelText(answer.reply.prediction.model)}`
      body += '}'
    }
    const answered = answers.some((answer) => statusOf(answer) === 200)
    return { status: answered ? 200 : statusOf(answers[0]!), contentType: jsonType, body: `${body}]}` }
  }

  #setText(set: StoredSetHead): string {
    const known = this.#ofSets.get(set)
    if (known !== undefined) return known
    const text = `"set":${stringText(set.id)},"model":${modelText({ name: set.model, version: set.version, digest: set.digest })}`
    this.#ofSets.set(set, text)
    return text
  }
}

function statusOf(answer: StoredAnswer): number {
  if (answer.kind === 'stored') return 200
  if (answer.kind === 'refused') return answer.error.spec.http
  return isRefused(answer.reply, answer.row) ? errorTable[refusalOf(answer.reply, answer.row).code].http : 200
}

function partsText({ head, codes }: StoredParts, stale: boolean): string {
  if (!stale) return `${head}${codes}]`
  return `${head}"STORED_STALE"${codes === '' ? '' : `,${codes}`}]`
}

function liveText({ reply, row, code }: Live): string {
  const refused = isRefused(reply, row)
  const source = stringText(sourceOf(reply, row))
  const codes = [...new Set([code, ...issuesOf(reply, row).map(issueLabel)])]
  const output = refused ? 'null' : recordText(reply, row, 'null')
  const text = `"id":"${reply.prediction.idPrefix}-${reply.start + row}","output":${output},"source":${source},"codes":${JSON.stringify(codes)}`
  if (!refused) return text
  const { code: reason, field, message } = refusalOf(reply, row)
  return `${text},"error":${JSON.stringify({ code: reason, field, message })}`
}

function refusedText({ code, message }: SlipwayError): string {
  return `"output":null,"source":"none","codes":[${stringText(code)}],"error":${JSON.stringify({ code, field: null, message })}`
}

function modelText({ name, version, digest }: ModelIdentity): string {
  return `{"name":${stringText(name)},"version":${stringText(version)},"digest":${stringText(digest)}}`
}
