/** One measurement for every subject, one after the other: ours at the top of the result, the peers' below `peers`. */
import type { Figures } from '../bench.ts'
import type { Subject } from './subject.ts'

type Measure = (subject: Subject) => Promise<Figures>
type Log = (line: string) => void

/**
 * The first of `subjects` is ours; it rejects without our figures. A peer that fails is `{ failed }` in the result. The
 * subjects run one after the other, so `measure` ends what it started.
 */
export async function sideBySide(subjects: readonly Subject[], measure: Measure, log: Log): Promise<Figures> {
  const [own, ...others] = subjects
  const figures = own === undefined ? {} : await measure(own)
  if (others.length === 0) return figures
  const peers: Record<string, Figures> = {}
  for (const peer of others) peers[peer.name] = await figuresOrReason(peer, measure, log)
  return { ...figures, peers }
}

/** The reason is the first line of the message; what follows it, such as a log, is for people. */
async function figuresOrReason(peer: Subject, measure: Measure, log: Log): Promise<Figures> {
  try {
    return await measure(peer)
  } catch (error) {
    const { message } = error as Error
    log(`${peer.name} is not measured: ${message}`)
    return { failed: message.split('\n', 1)[0] ?? '' }
  }
}
