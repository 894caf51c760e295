/** What people have acknowledged on a node, as `status` and `why` tell it. */
import { acknowledgedKey, readAcknowledgements } from '../../model/acknowledgement.ts'
import { type Shown, shown } from '../../model/shown.ts'
import { timeText } from '../text/times.ts'

/** Times are RFC 3339. */
export interface Acknowledged {
  readonly reason: string
  readonly device: string | null
  readonly until: string
  readonly why: string
  readonly by: string | null
  /** Its time has passed: it counts no more. */
  readonly ended: boolean
}

export interface AcknowledgedOnNode {
  readonly list: readonly Acknowledged[]
  /** What is wrong with the annotation; null when nothing is. */
  readonly trouble: string | null
}

/** Those in the annotation's text. A time that no clock has is trouble, too. */
export function acknowledgedIn(annotation: string | undefined, now: number): AcknowledgedOnNode {
  const read = readAcknowledgements(annotation ?? '[]')
  if ('trouble' in read) return { list: [], trouble: read.trouble }
  const list = read.map(({ reason, device = null, until, why, by = null }) => {
    return { reason, device, until: new Date(until).toISOString(), why, by, ended: until <= now }
  })
  return { list, trouble: null }
}

/** One line per acknowledgement, and what is wrong with the annotation. */
export function acknowledgedLines({ list, trouble }: AcknowledgedOnNode, node: string, now: number): readonly Shown[] {
  const lines = list.map(({ reason, device, until, why, by, ended }) => {
    const where = device === null ? '' : ` on ${device}`
    const time = timeText(Date.parse(until), now)
    const who = by ?? 'nobody named'
    return ended
      ? shown`${reason}${where}: ended ${time}, counts no more; it was acknowledged by ${who}: ${why}`
      : shown`${reason}${where} until ${time}, by ${who}: ${why}`
  })
  if (trouble === null) return lines
  const remedy = shown`kubectl annotate node ${node} ${acknowledgedKey}-`
  return [...lines, shown`the annotation ${acknowledgedKey} cannot be read: ${trouble}; to remove it: ${remedy}`]
}
