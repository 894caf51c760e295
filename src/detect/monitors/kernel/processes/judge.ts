/** Counts zombies, and the open files of each process that is near its own limit. */
import type { Measured } from '../../limits.ts'
import type { ProcessesSample } from './read.ts'

export function judgeProcesses({
  zombies,
  parent,
  crowded,
}: ProcessesSample): readonly Measured<'zombies' | 'files-percent'>[] {
  const who = parent ?? { name: 'nobody', pid: 0, zombies: 0 }
  return [
    { value: 'zombies', amount: zombies, parts: { parent: who.name, pid: who.pid, most: who.zombies } },
    ...crowded.map(({ name, pid, files, limit }) => ({
      value: 'files-percent' as const,
      amount: (files * 100) / limit,
      device: name,
      parts: { pid, files, limit },
    })),
  ]
}
