/** Makes a {@link Skimmer} for the literals of a matcher. What it does is written in skim.wat. */
import type { Tables } from '../../match/prefilter.ts'
import { batchBytes, type Skimmer } from './reader.ts'
import { wasm } from './skim.wasm.ts'

/** Where its memory has what, as skim.wat says. */
const startsAt = 65_536
const literalsAt = startsAt + 4 * 256
/** Behind each buffer: skim.wat writes a newline there. */
const spare = 8
const pageBytes = 65_536

/** What is used of the global object; only the DOM's types know it whole. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

interface SkimExports {
  skim(at: number, end: number, sequence: number): number
  readonly passed: { readonly value: number }
}

/** Costs half a millisecond, and 1.5 MB of Node's own code that nothing else uses: for logs that are busy. */
export function createSkimmer({ buckets, starts, literals }: Tables): Skimmer {
  const buffersAt = literalsAt + literals.length
  const buffer = (index: number) => buffersAt + index * (batchBytes + spare)
  const memory = new WebAssembly.Memory({ initial: Math.ceil(buffer(2) / pageBytes) })
  const bytes = new Uint8Array(memory.buffer)
  bytes.set(buckets)
  new Uint32Array(memory.buffer, startsAt).set(starts.map((start) => literalsAt + start))
  bytes.set(literals, literalsAt)

  const module = new WebAssembly.Module(Buffer.from(wasm, 'base64'))
  const { exports } = new WebAssembly.Instance(module, { kernel: { memory } })
  const { skim, passed } = exports as SkimExports // as skim.wat exports them
  return {
    buffers: [bytes.subarray(buffer(0), buffer(1) - spare), bytes.subarray(buffer(1), buffer(2) - spare)],
    skim: ({ byteOffset }, at, end, sequence) => skim(byteOffset + at, byteOffset + end, sequence) - byteOffset,
    get passed() {
      return passed.value
    },
  }
}
