/** A catalogue's rules as {@link Meanings}: what texts mean, and which of two rules holds. */
import type { CompiledCatalogue } from '../../../catalog/compiled.ts'
import type { Match } from '../../../model/finding.ts'
import type { Matcher } from '../../match/matcher.ts'
import { buildPrefilter } from '../../match/prefilter.ts'
import type { Meanings } from './hear.ts'

/** `matcher` is compiled from `catalogue`; the rule that comes first there holds. */
export function meaningsOf(catalogue: CompiledCatalogue, matcher: Matcher): Meanings<Match> {
  const ranks = new Map(catalogue.rules.map(({ name }, index) => [name, index]))
  const { find } = buildPrefilter([...new Set(catalogue.rules.flatMap(({ contains }) => contains))])
  return {
    may: (text) => {
      const bytes = Buffer.from(text)
      return find(bytes, 0, bytes.length).length > 0
    },
    of: (text) => matcher.matchText(text)[0],
    rank: (match) => ranks.get(match.rule) ?? ranks.size,
    tells: (match) => (match.device === undefined ? 0 : 1),
  }
}
