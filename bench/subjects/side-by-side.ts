/** One measurement for every subject, one after the other: ours at the top of the result, the peers' below `peers`. */
import type { Figures } from '../bench.ts'
import type { Subject } from './subject.ts'

/** The first of `subjects` is ours. They never run at the same time: they would measure each other. */
export async function sideBySide(
  subjects: readonly Subject[],
  measure: (subject: Subject) => Promise<Figures>,
): Promise<Figures> {
  const all: Figures[] = []
  for (const subject of subjects) all.push(await measure(subject))
  const [own = {}, ...others] = all
  if (others.length === 0) return own
  return {
    ...own,
    peers: Object.fromEntries(others.map((figures, index) => [subjects[index + 1]?.name ?? '', figures])),
  }
}
