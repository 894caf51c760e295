/** Computes how full the connection tracking table is. A limit of 0 means no limit. */
import type { Measured } from '../../limits.ts'
import type { ConntrackSample } from './read.ts'

export function judgeConntrack({ entries, limit }: ConntrackSample): readonly Measured<'used-percent' | 'entries'>[] {
  const used = limit > 0 ? (entries * 100) / limit : 0
  return [
    { value: 'used-percent', amount: used, parts: { entries, limit } },
    { value: 'entries', amount: entries },
  ]
}
