/** Whether the last replacements of its pool helped: no further machine is taken while one is missing or none helps. */

import { phaseSince } from '../../../model/repair.ts'
import type { Candidate } from '../candidate.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'
import { forgive } from './attempts.ts'

/** So many replacements of a pool may fail one after the other for one condition. */
const mostInRow = 3

export const pool: Gate = {
  name: 'pool',
  ask({ candidate, index, admitted }) {
    if (candidate.standing.action !== 'Replace') return allow('no machine is taken away')
    const counts = index.poolOf(candidate)
    const { name } = counts
    const { missing, unready, inRow } = index.memoryOf(candidate)
    const [first] = missing
    if (first) {
      const since = at(phaseSince(first))
      return wait(
        `waits for a machine: since ${since} repair ${first.name} of ${name} has no replacement for ${first.nodeName}`,
        `a new node joins ${name}, or nobody expects one: ${forgive(missing)}`,
      )
    }
    // The new machine itself may be taken: it is the one that is of no use.
    const [idle] = unready.filter((one) => one.successor?.uid !== candidate.node.uid)
    if (idle) {
      const { name: node = '' } = idle.successor ?? {}
      return wait(
        `waits for a machine: ${node}, which repair ${idle.name} of ${name} got for ${idle.nodeName}, is not ready`,
        `${node} is ready or gone, or nobody expects it: ${forgive([idle])}`,
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
    const isOf = (one: Candidate): boolean => index.poolOf(one) === counts
    const [last] = failed
    const started = counts.inFlight + admitted.filter((one) => one.acting && isOf(one.candidate)).length
    if (last && started > 0) {
      return wait(
        `repair ${last.name} of ${name} did not help against ${type}: one at a time until one does`,
        'the repair in flight is proven',
      )
    }
    return allow(`the last replacements of ${name} have their machines`)
  },
}
