/** What every bench is: a name, what it measures, and one function from options to figures. */
import type { Random } from '../src/telemetry/clock.ts'
import type { BenchOptions } from './options.ts'

/** JSON as the benches print it. */
export type Figures = { readonly [key: string]: Figure }
export type Figure = string | number | boolean | null | readonly Figure[] | Figures

export interface BenchContext {
  readonly options: BenchOptions
  /** Progress and remarks for people: stderr, never part of the result. */
  readonly log: (line: string) => void
  /** Seeded with `options.seed`, which the result carries. */
  readonly random: Random
}

export interface Bench {
  readonly name: string
  readonly summary: string
  /** Resolves to the documented keys; rejects when it could not measure. */
  run(context: BenchContext): Promise<Figures>
}
