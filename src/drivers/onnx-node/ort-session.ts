import type { InferenceSession, OnnxValue } from 'onnxruntime-node'
import { SlipwayError } from '../../core/errors.js'
import type { ModelSession } from '../../core/ports.js'
import type { Tensor, TensorSpec } from '../../core/tensor.js'
import { fromOrt, specsOf, toOrt } from './ort-tensor.js'
import { runError } from './ort-errors.js'

/**
 * One loaded graph. A run blocks the thread while it computes. Outputs are the caller's: the engine copies each one into memory of
 * its own, also where the graph passes an input, a constant or the same value twice through (the tests hold it to that).
 */
export class OrtSession implements ModelSession {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  readonly #session: InferenceSession
  readonly #names: readonly string[]
  #running = 0
  #closing: Promise<void> | null = null
  #drained: (() => void) | null = null

  constructor(session: InferenceSession) {
    this.#session = session
    this.inputs = specsOf('input', session.inputMetadata)
    // A list of maps (ZipMap) cannot be returned; the other outputs of such a graph can.
    this.outputs = specsOf(
      'output',
      session.outputMetadata.filter((output) => output.isTensor),
    )
    this.#names = this.outputs.map((output) => output.name)
  }

  async run(feeds: Readonly<Record<string, Tensor>>, outputs: readonly string[] = this.#names): Promise<Record<string, Tensor>> {
    if (this.#closing !== null) throw new SlipwayError('RUN_FAILED', 'the session is closed')
    if (outputs !== this.#names) this.#refuseUnknown(outputs)
    const values: Record<string, OnnxValue> = {}
    for (const input of this.inputs) values[input.name] = toOrt(input, feeds[input.name])
    this.#running++
    try {
      return fromOrt(await this.#session.run(values, outputs))
    } catch (cause) {
      throw runError(cause, { specs: this.inputs, feeds })
    } finally {
      this.#running--
      if (this.#running === 0) this.#drained?.()
    }
  }

  /** Frees the graph once the runs under way have ended. */
  close(): Promise<void> {
    this.#closing ??= this.#release()
    return this.#closing
  }

  async #release(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    }
    await this.#session.release()
  }

  #refuseUnknown(outputs: readonly string[]): void {
    const unknown = outputs.find((name) => !this.#names.includes(name))
    if (unknown !== undefined)
      throw new SlipwayError('OUTPUT_UNKNOWN', `the model has no output \`${unknown}\`; it has ${this.#names.join(', ')}`)
  }
}
