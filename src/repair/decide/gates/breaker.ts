/**
 * Whether the whole pool is in trouble rather than the node: too large a share unhealthy, or too many new ones
 * with one signature at once, stops new repairs there. It closes by itself; tiny pools go one at a time instead.
 */
import { resolveQuantity } from '../../../model/policy.ts'
import { signature } from '../cluster-index.ts'
import { allow, type Gate, refuse, wait } from '../gate.ts'

export const breaker: Gate = {
  name: 'breaker',
  ask({ candidate, index, admitted, now }) {
    const { share, rate, windowMs, minNodes } = candidate.policy.breaker
    const pool = index.poolOf(candidate)
    if (pool.total <= minNodes) {
      const started =
        pool.inFlight + admitted.filter((one) => one.acting && index.poolOf(one.candidate) === pool).length
      if (started === 0) return allow(`${pool.name} has ${pool.total} nodes: one repair at a time`)
      return wait(`${pool.name} has ${pool.total} nodes and a repair in flight`, 'the repair in flight is proven')
    }
    const unhealthy = pool.unhealthy.size
    const most = Math.max(1, resolveQuantity(share, pool.total))
    if (unhealthy > most) {
      const facts = `${unhealthy} of ${pool.total} nodes of ${pool.name} are sick, the limit is ${most}`
      return refuse(facts, `at most ${most} are sick, or spec.breaker.share is higher`)
    }
    const fresh = (pool.sightings.get(signature(candidate)) ?? []).filter((since) => now - since < windowMs)
    const mostFresh = Math.max(1, resolveQuantity(rate, pool.total))
    if (fresh.length > mostFresh) {
      const facts = `${fresh.length} nodes of ${pool.name} turned ${signature(candidate)} at once, the limit is ${mostFresh}`
      return wait(facts, 'no more nodes follow within spec.breaker.window')
    }
    return allow(`${unhealthy} of ${pool.total} nodes of ${pool.name} are sick, the limit is ${most}`)
  },
}
