/** What holds up everything, or many repairs for one reason: the first lines of `status`. */
import type { Pause } from '../../model/node.ts'
import type { Attempt } from '../../model/repair.ts'
import { apiHealth } from '../../repair/decide/gates/api-health.ts'
import { leadership } from '../../repair/decide/gates/leadership.ts'
import { pauseOf } from '../../repair/decide/gates/pause.ts'
import { crdsRemedy } from '../../repair/observe/observer.ts'

export interface HeldUp {
  readonly why: string
  /** How many repairs that have not begun; null where it is all that ever could. */
  readonly repairs: number | null
  /** What would change it; null where nobody knows. */
  readonly change: string | null
}

export interface Cluster {
  readonly installed: boolean
  readonly leader: string | null
  readonly pause: Pause
  readonly open: readonly Attempt[]
}

/** Fewer repairs than this are told beside their nodes alone. */
const fewest = 2
/** More reasons than this are told beside the nodes alone. */
const mostReasons = 5

/** What stops all comes first, then what stops most. */
export function heldUp({ installed, leader, pause, open }: Cluster): readonly HeldUp[] {
  const all: HeldUp[] = []
  const everything = (why: string, change: string | null): void => void all.push({ why, repairs: null, change })
  if (!installed) everything('the CRDs of nodemend are not installed', crdsRemedy)
  else if (leader === null) everything('no controller leads', 'start one: nodemend controller')
  const unpause = 'remove the annotation nodemend.dev/paused from the controller’s lease'
  if (pause.state === 'on') everything(`PAUSED by ${pause.why || 'an annotation without a reason'}`, unpause)
  if (pause.state === 'unknown') {
    everything(`unknown whether it is PAUSED: ${pause.why}`, 'the controller’s lease can be read')
  }
  const told = pauseOf(pause)?.why // of the whole controller: it is told already
  const waiting = open
    .filter((one) => one.phase === 'Pending')
    .flatMap(deciderOf)
    .filter((one) => one.gate !== leadership.name && one.why !== told)
  const groups = [...Map.groupBy(waiting, (one) => one.why).values()]
  const many = groups
    .map((same) => ({ first: same[0], repairs: same.length }))
    .filter(({ first, repairs }) => first !== undefined && (repairs >= fewest || first.gate === apiHealth.name))
    .sort((a, b) => b.repairs - a.repairs)
    .slice(0, mostReasons)
    .map(({ first, repairs }) => {
      const frozen = first?.gate === apiHealth.name
      const why = `${frozen ? 'frozen: ' : ''}${first?.why ?? ''}`
      return { why, repairs: frozen ? null : repairs, change: first?.change ?? null }
    })
  return [...all, ...many]
}

function deciderOf({ decision }: Attempt) {
  return decision?.gates.filter((one) => one.gate === decision.decidedBy && one.answer !== 'allow') ?? []
}

/** True when `why` of a repair is among what is told first. */
export function isToldFirst({ decision }: Attempt, told: readonly HeldUp[]): boolean {
  const why = decision?.gates.find((one) => one.gate === decision.decidedBy)?.why
  return why !== undefined && told.some((one) => one.why === why || one.why === `frozen: ${why}`)
}
