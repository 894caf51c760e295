/** Whether a maintenance window of the policy is open: repairs begin in one, and go on after it. */
import { type Window, type WindowState, windowState } from '../../../model/schedule/window.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

export const window: Gate = {
  name: 'window',
  ask({ candidate: { policy }, now }) {
    const { windows } = policy
    if (!windows) return allow(`policy ${policy.name} has no maintenance windows`)
    const states = windows.map((one, index) => ({ one, index, state: windowState(one, now) }))
    const open = states.filter(({ state }) => state.open).sort(byEnd)[0]
    if (open) return allow(`${named(open)} is open${whenText(' until', open.state)}`)
    const [next] = states.filter(({ state }) => state.changesAt !== undefined).sort(byChange)
    if (!next) return refuse(`no maintenance window of policy ${policy.name} ever opens`, 'its windows are changed')
    const change = `${named(next)} opens${whenText(' at', next.state)}`
    return wait(`no maintenance window of policy ${policy.name} is open`, change, next.state.changesAt)
  },
}

interface Indexed {
  readonly one: Window
  readonly index: number
  readonly state: WindowState
}

function named({ one, index }: Indexed): string {
  return `spec.windows[${index}] (${one.schedule.text}, ${one.schedule.timeZone})`
}

function whenText(preposition: string, { changesAt }: WindowState): string {
  return changesAt === undefined ? '' : `${preposition} ${at(changesAt)}`
}

/** The one that stays open longest first. */
function byEnd(a: Indexed, b: Indexed): number {
  return byChange(b, a)
}

function byChange({ state: a }: Indexed, { state: b }: Indexed): number {
  const [first, second] = [a, b].map(({ changesAt = Number.MAX_SAFE_INTEGER }) => changesAt)
  return (first ?? 0) - (second ?? 0)
}
