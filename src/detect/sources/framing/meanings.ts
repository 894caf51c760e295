/** A catalogue's rules as {@link Meanings}: what texts mean, and which of two rules holds. */
import type { CompiledCatalogue } from '../../../catalog/compiled.ts'
import type { Match } from '../../../model/finding.ts'
import { longestLine } from '../../match/compile.ts'
import type { Matcher } from '../../match/matcher.ts'
import { buildPrefilter } from '../../match/prefilter.ts'
import type { Meanings } from './hear.ts'

/** `matcher` is compiled from `catalogue`; the rule that comes first there holds. */
export function meaningsOf(catalogue: CompiledCatalogue, matcher: Matcher): Meanings<Match> {
  const ranks = new Map(catalogue.rules.map(({ name }, index) => [name, index]))
  const { find } = buildPrefilter([...new Set(catalogue.rules.flatMap(({ contains }) => contains))])
  let seen = ''
  let seenMay = false
  const may = (text: string): boolean => {
    if (text === seen) return seenMay
    const bytes = Buffer.from(text)
    seen = text
    seenMay = find(bytes, 0, Math.min(bytes.length, longestLine)).length > 0
    return seenMay
  }
  return {
    may,
    of: (text) => (may(text) ? matcher.matchText(text)[0] : undefined),
    rank: (match) => ranks.get(match.rule) ?? ranks.size,
    tells: (match) => (match.device === undefined ? 0 : 1),
  }
}
