/** Whether it has been sick for long enough, by our own clock and our own first sighting. */
import { allow, at, type Gate, wait } from '../gate.ts'

export const toleration: Gate = {
  name: 'toleration',
  ask({ candidate: { since, spentMs, eligibleAt, condition }, now }) {
    const told = `${condition.type} seen ${condition.status}`
    const before = spentMs > 0 ? `, and for ${Math.round(spentMs / 1000)} s in the hour before, again and again` : ''
    const sick = since > now ? `${told}, which counts from ${at(since)} on` : `${told} since ${at(since)}${before}`
    if (now < eligibleAt)
      return wait(`${sick}; tolerated until ${at(eligibleAt)}`, `it is still so at ${at(eligibleAt)}`, eligibleAt)
    return allow(`${sick}; no longer tolerated since ${at(eligibleAt)}`)
  },
}
