/** Makes a {@link Skimmer} for the literals of a matcher. skim.wat holds the algorithm. */
import type { Tables } from '../../match/prefilter.ts'
import { batchBytes, type Skimmer } from './reader.ts'
import { wasm } from './skim.wasm.ts'

/** Memory layout of skim.wat. */
const startsAt = 65_536
const literalsAt = startsAt + 4 * 256
/** skim.wat writes a newline into these bytes after each buffer. */
const spare = 8
const pageBytes = 65_536

/** The part of WebAssembly used here; only TypeScript's DOM library declares the global. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

interface SkimExports {
  skim(at: number, end: number, sequence: number): number
  readonly passed: { readonly value: number }
}

/** Makes a skimmer. It costs 0.5 ms and 1.5 MB of Node's own code, so only a busy log gets one. */
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
  const { skim, passed } = exports as SkimExports // skim.wat exports these
  return {
    buffers: [bytes.subarray(buffer(0), buffer(1) - spare), bytes.subarray(buffer(1), buffer(2) - spare)],
    skim: ({ byteOffset }, at, end, sequence) => skim(byteOffset + at, byteOffset + end, sequence) - byteOffset,
    get passed() {
      return passed.value
    },
  }
}
