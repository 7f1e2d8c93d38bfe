import { errorTable } from '../../../core/errors.js'
import type { RowIssue } from '../../../core/issue.js'
import { issueLabel } from '../../../core/issue.js'
import { stringText } from '../../../core/json-writer.js'
import type { Prediction } from '../../../core/prediction.js'
import type { Reply } from '../../../serving/data-plane.js'
import type { HttpAnswer } from '../answer.js'
import { jsonText, jsonType } from '../answer.js'
import { isRefused, issuesOf, refusalOf, sourceOf } from '../../../serving/reply.js'
import { listText, recordText } from '../rows/row-text.js'

/** Writes slipway's own answers. Of one server: it keeps the texts that the requests of one turn share. */
export class NativeAnswers {
  /** The prediction whose shared text was written last. */
  #prediction: Prediction | null = null
  #shared = ''

  /** `{"id","output","source","codes","model","timings"}`; for a refused row the status of its refusal, and `error`. */
  one(reply: Reply, explain: boolean): HttpAnswer {
    const body = `{${rowText(reply, 0, explain)},${this.#sharedText(reply.prediction)}}`
    if (!isRefused(reply, 0)) return jsonText(body)
    return { status: errorTable[refusalOf(reply, 0).code].http, contentType: jsonType, body }
  }

  /** `{"rows":[…],"model","timings"}`; 200 where any row was answered, else the status of the first refusal. */
  many(reply: Reply, explain: boolean): HttpAnswer {
    const body = `{"rows":${listText(reply, (row) => `{${rowText(reply, row, explain)}}`)},${this.#sharedText(reply.prediction)}}`
    for (let row = 0; row < reply.count; row++) if (!isRefused(reply, row)) return jsonText(body)
    return { status: errorTable[refusalOf(reply, 0).code].http, contentType: jsonType, body }
  }

  #sharedText(prediction: Prediction): string {
    if (this.#prediction !== prediction) {
      this.#prediction = prediction
      this.#shared = sharedText(prediction)
    }
    return this.#shared
  }
}

/** The version that answered, and the milliseconds that the frame of the turn took in each step. */
function sharedText({ model, timings }: Prediction): string {
  const { name, version, digest } = model
  const steps = Object.entries(timings).map(([step, ms]) => `"${step}":${Math.round((ms as number) * 1000) / 1000}`)
  return `"model":{"name":${stringText(name)},"version":${stringText(version)},"digest":${stringText(digest)}},"timings":{${steps.join(',')}}`
}

function rowText(reply: Reply, row: number, explain: boolean): string {
  const { prediction, start } = reply
  const issues = issuesOf(reply, row)
  const refused = isRefused(reply, row)
  const output = refused ? 'null' : recordText(reply, row, 'null')
  const codes = issues.length === 0 ? '[]' : JSON.stringify(issues.map(issueLabel))
  let text = `"id":"${prediction.idPrefix}-${start + row}","output":${output},"source":${stringText(sourceOf(reply, row))},"codes":${codes}`
  if (refused) text += `,"error":${errorText(refusalOf(reply, row))}`
  if (explain) text += `,"guards":${JSON.stringify(issues.map(explained))}`
  return text
}

function errorText({ code, field, message }: RowIssue): string {
  return JSON.stringify({ code, field, message })
}

function explained({ code, field, message, action }: RowIssue): object {
  return { code, field, action, message }
}
