/**
 * The rules in force: the user's rule packs, then the shipped catalogue. Packs are reloaded at run time; if any pack
 * has a problem, all are refused and the last good set of this process stays, at a start the shipped rules alone.
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
  /** Files of its packs, in order. */
  readonly packs: readonly string[]
}

/** The result of a reload. `problems` are complete sentences that start with `file:line:column:`. */
export type Reload =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'loaded'; readonly packs: readonly string[] }
  | { readonly outcome: 'refused'; readonly problems: readonly string[] }

export interface RuleBook {
  /** The rules in force. */
  current(): RuleSet
  /** Reads the packs again and replaces the rules when they are new and valid. Never rejects. */
  reload(): Promise<Reload>
}

export interface RuleBookOptions {
  readonly shipped: CompiledCatalogue
  readonly decoders: Decoders
  /** See {@link compileMatchers}. */
  readonly isDetachable?: IsDetachable
  /** Reads the packs in order of precedence; rejects when they cannot be read. */
  readonly readPacks: () => Promise<readonly CatalogueSource[]>
}

/** Starts with the shipped rules alone; call `reload` to load the packs. */
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
      seen = undefined // so that unchanged packs are loaded again once they are readable
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

/** Loads the YAML parser and the schema on demand, so an agent without packs does not pay for them. */
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
