/**
 * The rules in force: the shipped catalogue and the user's rule packs in front of it. Packs are reloaded while the agent
 * runs; a set of packs with any complaint is refused whole and the last good one of this process stays in force, at a
 * start the shipped rules alone.
 */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import type { CatalogueSource } from '../../catalog/load.ts'
import type { Decoders } from '../decode/decoder.ts'
import type { IsDetachable } from '../host/block-devices.ts'
import { compileMatchers } from './compile.ts'
import type { Matchers } from './matcher.ts'

/** One consistent set of rules. */
export interface RuleSet {
  readonly catalogue: CompiledCatalogue
  readonly matchers: Matchers
  /** Files of the packs in it, in order. */
  readonly packs: readonly string[]
}

/** What became of a reload. `problems` are complete sentences that start with `file:line:column:`. */
export type Reload =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'loaded'; readonly packs: readonly string[] }
  | { readonly outcome: 'refused'; readonly problems: readonly string[] }

export interface RuleBook {
  /** The set in force. */
  current(): RuleSet
  /** Reads the packs again and swaps the set when they are new and good. Never rejects. */
  reload(): Promise<Reload>
}

export interface RuleBookOptions {
  readonly shipped: CompiledCatalogue
  readonly decoders: Decoders
  /** See {@link compileMatchers}. */
  readonly isDetachable?: IsDetachable
  /** The packs' texts in the order they apply; rejects when they cannot be read. */
  readonly readPacks: () => Promise<readonly CatalogueSource[]>
}

/** Starts with the shipped rules alone; call `reload` once to take the packs in. */
export function createRuleBook(options: RuleBookOptions): RuleBook {
  let set: RuleSet = {
    catalogue: options.shipped,
    matchers: compileMatchers(options.shipped, options.decoders, options.isDetachable),
    packs: [],
  }
  let seen: string | undefined = ''
  const read = async (): Promise<readonly CatalogueSource[]> => {
    try {
      return await options.readPacks()
    } catch (error) {
      seen = undefined // so that the same packs are news when they can be read again
      throw error
    }
  }
  return {
    current: () => set,
    async reload() {
      try {
        const sources = await read()
        const print = JSON.stringify(sources)
        if (print === seen || (sources.length === 0 && seen === '')) return { outcome: 'unchanged' }
        seen = print
        const next = await compilePacks(sources, options)
        if (!('catalogue' in next)) return { outcome: 'refused', problems: next.problems }
        set = next
        return { outcome: 'loaded', packs: next.packs }
      } catch (error) {
        return { outcome: 'refused', problems: [error instanceof Error ? error.message : String(error)] }
      }
    },
  }
}

/** The YAML parser and the schema are loaded here and not before: an agent without packs never pays for them. */
async function compilePacks(
  sources: readonly CatalogueSource[],
  { shipped, decoders, isDetachable }: RuleBookOptions,
): Promise<RuleSet | { readonly problems: readonly string[] }> {
  const { loadCatalogue } = await import('../../catalog/load.ts')
  const { runSamples } = await import('./samples.ts')
  const files = loadCatalogue(sources, new Set(shipped.reasons.map((one) => one.reason)))
  const catalogue: CompiledCatalogue = {
    ...shipped,
    reasons: [...files.flatMap((file) => file.reasons), ...shipped.reasons],
    rules: [...files.flatMap((file) => file.rules), ...shipped.rules],
  }
  const matchers = compileMatchers(catalogue, decoders, isDetachable)
  const { failures } = runSamples(files, matchers)
  if (failures.length > 0) {
    return { problems: failures.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`) }
  }
  return { catalogue, matchers, packs: files.map((file) => file.file) }
}
