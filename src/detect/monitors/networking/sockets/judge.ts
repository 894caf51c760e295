/** Computes how much of their limits sockets use up. */
import type { Measured } from '../../limits.ts'
import type { SocketsSample } from './read.ts'

type Value = 'tcp-memory-percent' | 'orphans-percent' | 'ports-percent'

export function judgeSockets(sample: SocketsSample): readonly Measured<Value>[] {
  const { sockets, orphans, mostOrphans, memory, ports, fullest } = sample
  // Fewer sockets than the destination could have ports: their number is the most that it can have.
  const used = fullest?.ports ?? Math.min(sockets, ports)
  return [
    ...(memory && memory.limit > 0
      ? [
          {
            value: 'tcp-memory-percent' as const,
            amount: (memory.pages * 100) / memory.limit,
            parts: { limit: memory.limit },
          },
        ]
      : []),
    ...(mostOrphans > 0
      ? [{ value: 'orphans-percent' as const, amount: (orphans * 100) / mostOrphans, parts: { limit: mostOrphans } }]
      : []),
    ...(ports > 0
      ? [
          {
            value: 'ports-percent' as const,
            amount: (used * 100) / ports,
            parts: { used, ports, destination: fullest?.name ?? 'any one destination' },
          },
        ]
      : []),
  ]
}
