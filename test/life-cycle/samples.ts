/** Lines and values that raise and end a reason, out of the samples and limits that its entry has. */
import type { CompiledCatalogue, CompiledReason } from '../../src/catalog/compiled.ts'
import type { LoadedFile } from '../../src/catalog/load.ts'
import type { DetectEntry } from '../../src/catalog/schema.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { isSameSlot } from '../../src/detect/lifecycle/incident.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import type { Matchers } from '../../src/detect/match/matcher.ts'
import { peel } from '../../src/detect/sources/framing/peel.ts'
import type { LogName } from '../../src/model/evidence.ts'
import type { Match } from '../../src/model/finding.ts'
import type { Contract } from './contract.ts'

export interface SampleLine {
  readonly log: LogName
  readonly text: string
  /** What the log attests of the line: the unit of the journal, or the path of the log file. */
  readonly origins: readonly string[]
  readonly match: Match
}

/** The samples of a rule. */
type RuleSamples = Pick<DetectEntry, 'source' | 'units' | 'files' | 'matches'>

export class Samples {
  readonly #matchers: Matchers
  readonly #rules: CompiledCatalogue['rules']
  readonly #byRule: ReadonlyMap<string, RuleSamples>

  constructor(catalogue: CompiledCatalogue, files: readonly LoadedFile[]) {
    this.#rules = catalogue.rules
    this.#matchers = compileMatchers(catalogue, decoders)
    this.#byRule = new Map(
      files.flatMap(({ content }) =>
        content.reasons.flatMap(({ reason, detect }) => detect.map((rule, n) => [`${reason}/${n + 1}`, rule] as const)),
      ),
    )
  }

  /** The lines that raise the reason, of rules with its own severity first. */
  raising({ raising, entry }: Contract): readonly SampleLine[] {
    const lines = raising.flatMap(({ name }) => this.#linesOf(name, entry)).filter(({ match }) => !match.recovery)
    return lines.sort(
      (a, b) => Number(b.match.severity === entry.severity) - Number(a.match.severity === entry.severity),
    )
  }

  /** A line that raises the reason and one that ends it on the same device; undefined where the samples have no such pair. */
  pair(contract: Contract): readonly [SampleLine, SampleLine] | undefined {
    const ends = contract.ending.flatMap(({ name, reason }) => this.#linesOf(name, { reason }))
    for (const begin of this.raising(contract)) {
      for (const end of ends) {
        const same = this.#aboutDevice(end, begin.match.device)
        if (same) return [begin, same]
      }
    }
    return undefined
  }

  /** The same line about another device; undefined where the line does not name it in the same form. */
  #aboutDevice(line: SampleLine, device: string | undefined): SampleLine | undefined {
    const { match, log, origins } = line
    if (match.device === undefined || isSameSlot(match.device, device)) return line
    if (device === undefined) return undefined
    const text = line.text.replaceAll(new RegExp(match.device.replaceAll(/[^\w]/g, '\\$&'), 'gi'), device)
    const now = this.#matchers
      .of(log)
      .matchText(text, origins)
      .find(({ entry }) => entry === match.entry)
    return now && isSameSlot(now.device, device) ? { ...line, text, match: now } : undefined
  }

  /** The lines of the rules with this code. */
  withCode(code: string): readonly SampleLine[] {
    return this.#rules
      .filter((rule) => rule.code === code)
      .flatMap(({ name, reason }) => this.#linesOf(name, { reason }))
  }

  #linesOf(rule: string, { reason }: Pick<CompiledReason, 'reason'>): readonly SampleLine[] {
    const { source, units, files, matches } = this.#byRule.get(rule) ?? { source: 'kmsg', matches: [] }
    const origins = units ?? files ?? []
    return matches.flatMap((sample) => {
      const { text } = peel(sample)
      const match = this.#matchers
        .of(source)
        .matchText(text, origins)
        .find((one) => one.entry === reason)
      return match ? [{ log: source, text, origins, match }] : []
    })
  }
}

/** Amounts beyond the limit of a measured reason, and behind the limit at which it clears. */
export function amountsOf({ side, limit, clear }: NonNullable<CompiledReason['probe']>): {
  readonly sick: number
  readonly well: number
} {
  return { sick: side === 'above' ? limit + 1 : limit / 2, well: clear }
}
