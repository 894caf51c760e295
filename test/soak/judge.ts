/** Judges a soak: pure functions from its history to counts, and a sentence for each fault. */

export interface Verdict {
  /** Expected and missing. */
  readonly lost: readonly string[]
  /** Repeated, or without a cause. */
  readonly doubled: readonly string[]
  /** Changes of conditions without a cause. */
  readonly flaps: readonly string[]
}

export interface ConditionStep {
  readonly type: string
  readonly status: string
  readonly message: string
  readonly lastTransitionTime: string
}

/** Every Event about the agent's node, as it last stood. */
export interface SeenEvent {
  readonly message: string
  readonly count: number
}

export interface AgentStory {
  readonly warnings: readonly number[]
  readonly fatals: readonly number[]
  readonly fatalCondition: string
  readonly events: readonly SeenEvent[]
  /** Every stored state of the node's conditions, oldest first. */
  readonly states: readonly (readonly ConditionStep[])[]
}

/** Each fault must be in one Event with its count, each fatal one in one period of False; no other condition may change. */
export function judgeAgent(story: AgentStory): Verdict {
  const lost: string[] = []
  const doubled: string[] = []
  const faults = [
    ...story.warnings.map((n) => ({ label: `warning ${n}`, start: `SoakWarning: number ${n} came` })),
    ...story.fatals.map((n) => ({ label: `fatal ${n}`, start: `SoakFatal: number ${n} came` })),
  ]
  for (const { label, start } of faults) {
    const told = story.events.filter(({ message }) => message === start || message.startsWith(`${start} `))
    const count = told.reduce((sum, event) => sum + event.count, 0)
    if (told.length === 0) lost.push(`${label} is in no Event`)
    else if (told.length > 1 || count > 1) doubled.push(`${label} is in ${told.length} Events with a count of ${count}`)
  }
  const { stays, flaps } = followConditions(story)
  const causes = story.fatals.map((n) => `number ${n} `)
  for (const stay of stays) {
    if (!causes.some((cause) => stay.includes(cause))) flaps.push(`False without a fault: ${stay.trim()}`)
  }
  for (const n of story.fatals) {
    const here = stays.filter((stay) => stay.includes(`number ${n} `)).length
    if (here === 0) lost.push(`fatal ${n} never made ${story.fatalCondition} False`)
    if (here > 1) doubled.push(`fatal ${n} made ${story.fatalCondition} False ${here} times`)
  }
  return { lost, doubled, flaps }
}

/** The messages of each stay of the fatal condition at False, and every move that no fault explains. */
function followConditions({ states, fatalCondition }: AgentStory): { stays: string[]; flaps: string[] } {
  const stays: string[] = []
  const flaps: string[] = []
  const last = new Map<string, ConditionStep>()
  for (const step of states.flat()) {
    const before = last.get(step.type)
    last.set(step.type, step)
    const moved = before === undefined || before.status !== step.status
    if (moved && step.type === fatalCondition && step.status === 'False') stays.push('')
    if (step.type === fatalCondition && step.status === 'False') stays.push(`${stays.pop() ?? ''}\n${step.message} `)
    if (before === undefined) continue
    const from = `${step.type} ${before.status} → ${step.status}`
    if (!moved && before.lastTransitionTime !== step.lastTransitionTime) {
      flaps.push(`${from}: lastTransitionTime moved and the status did not`)
    }
    const first = before.status === 'Unknown'
    if (moved && !first && (step.type !== fatalCondition || step.status === 'Unknown'))
      flaps.push(`${from}: ${step.message}`)
  }
  return { stays, flaps }
}

export interface RepairSeen {
  readonly name: string
  readonly nodeUid: string
  /** Every phase it has been in. */
  readonly phases: readonly string[]
}

export interface ControllerStory {
  readonly sick: readonly { readonly name: string; readonly uid: string }[]
  /** UIDs of pool machines that were deleted. */
  readonly deleted: readonly string[]
  /** UIDs of the pool machines that are there in the end, with their taints and whether they are cordoned. */
  readonly remaining: readonly {
    readonly name: string
    readonly taints: readonly string[]
    readonly cordoned: boolean
  }[]
  readonly poolSize: number
  readonly repairs: readonly RepairSeen[]
  /** Evictions that the server granted, by pod. */
  readonly evictions: Readonly<Record<string, number>>
}

/** Every sick machine must have been replaced once, by one finished attempt; no other one, and nothing stays cordoned. */
export function judgeController(story: ControllerStory): Verdict {
  const lost: string[] = []
  const doubled: string[] = []
  const sick = new Set(story.sick.map(({ uid }) => uid))
  for (const { name, uid } of story.sick) {
    const attempts = story.repairs.filter((one) => one.nodeUid === uid)
    if (!story.deleted.includes(uid)) lost.push(`${name} is sick and still there`)
    if (!attempts.some(({ phases }) => phases.includes('Succeeded'))) lost.push(`${name} has no repair that succeeded`)
    const committed = attempts.filter(({ phases }) => phases.includes('Committing'))
    if (committed.length > 1) doubled.push(`${name} was replaced by ${committed.map((one) => one.name).join(', ')}`)
  }
  for (const uid of story.deleted) if (!sick.has(uid)) doubled.push(`a healthy machine (${uid}) was deleted`)
  for (const { name, nodeUid } of story.repairs)
    if (!sick.has(nodeUid)) doubled.push(`${name} repairs a healthy machine`)
  for (const [pod, count] of Object.entries(story.evictions)) {
    if (count > 1) doubled.push(`pod ${pod} was evicted ${count} times`)
  }
  for (const { name, taints, cordoned } of story.remaining) {
    if (cordoned || taints.length > 0) lost.push(`${name} is left cordoned (${taints.join(', ')})`)
  }
  if (story.remaining.length !== story.poolSize) {
    lost.push(`${story.remaining.length} machines are in the pool, not ${story.poolSize}`)
  }
  return { lost, doubled, flaps: [] }
}
