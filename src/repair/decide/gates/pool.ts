/** Whether the last replacements of its pool helped: no further machine is taken while one is missing or none helps. */

import { phaseSince } from '../../../model/repair.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'
import { forgive } from './attempts.ts'

/** So many replacements of a pool may fail one after the other for one condition. */
const mostInRow = 3

export const pool: Gate = {
  name: 'pool',
  ask({ candidate, index }) {
    if (candidate.standing.action !== 'Replace') return allow('no machine is taken away')
    const { name } = index.poolOf(candidate)
    const { missing, inRow } = index.memoryOf(candidate)
    const [first] = missing
    if (first) {
      const since = at(phaseSince(first))
      return wait(
        `waits for a machine: since ${since} repair ${first.name} of ${name} has no replacement for ${first.nodeName}`,
        `a new node joins ${name}, or nobody expects one: ${forgive(missing)}`,
      )
    }
    const { type } = candidate.condition
    const failed = inRow.get(type) ?? []
    if (failed.length >= mostInRow) {
      return refuse(
        `needs a human: the last ${failed.length} replacements of ${name} for ${type} did not help`,
        `find what the machines have in common, or forgive one: ${forgive(failed.slice(0, 1))}`,
      )
    }
    return allow(`the last replacements of ${name} have their machines`)
  },
}
