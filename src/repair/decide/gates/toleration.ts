/** Whether it has been sick for long enough, by our own clock and our own first sighting. */
import { allow, at, type Gate, wait } from '../gate.ts'

export const toleration: Gate = {
  name: 'toleration',
  ask({ candidate: { since, eligibleAt, condition }, now }) {
    const told = `${condition.type} seen ${condition.status}`
    const sick = since > now ? `${told}, which counts from ${at(since)} on` : `${told} since ${at(since)}`
    if (now < eligibleAt)
      return wait(`${sick}; tolerated until ${at(eligibleAt)}`, `it is still so at ${at(eligibleAt)}`, eligibleAt)
    return allow(`${sick}; no longer tolerated since ${at(eligibleAt)}`)
  },
}
