/** What must hold at each call of a controller, whatever happens around it; asked of what the server has before and after. */
import { type ApiObject, listAt, textAt } from '../../../src/embedded/json.ts'
import type { KubeObject } from '../../../src/kube/api.ts'
import { isKubeError } from '../../../src/kube/errors.ts'
import type { Sent } from '../../../src/kube/transport.ts'
import { type Attempt, isBeforeCommit, isFinished, isInFlight } from '../../../src/model/repair.ts'
import { repairTaintKey } from '../../../src/repair/act/taint.ts'
import { readAttempt } from '../../../src/repair/attempt/record.ts'
import type { VirtualCluster } from '../../../src/simulate/cluster/virtual-cluster.ts'
import { admission, commitment } from './admission.ts'
import type { Life } from './life.ts'
import type { PolicyHistory } from './policy-history.ts'

export const invariants = [
  'budget', // never more in flight than any budget
  'one-owner', // never two repairs, two taints or two leaders
  'once', // no action is repeated for one committed attempt
  'observe', // a policy that observes writes nothing but its records
  'approve', // nothing is done unapproved
  'veto', // a veto holds from the moment the server has it
  'ends', // an attempt ends, or says what it waits for
  'breaker', // after everything is well again, the next fault is repaired
  'foreign', // what others set stays
  'frozen', // nothing acts while paused, settling, or not the leader
  'defect', // no check of the code's own fails
] as const
export type Invariant = (typeof invariants)[number]

export interface Broken {
  readonly invariant: Invariant
  readonly what: string
}

/** What is known of one call as it is sent. */
export interface Moment {
  readonly life: Life
  readonly lives: readonly Life[]
  readonly cluster: VirtualCluster
  readonly policies: PolicyHistory
  /** When this controller sent the last question for that object which is answered already, monotonic. */
  readonly askedAt: (plural: string, name: string) => number
  /** Since when the annotation that forbids is on the node, monotonic; undefined where none is. */
  readonly vetoedSince: (node: string) => number | undefined
  readonly pausedSince: () => number | undefined
  /** Nodes that have gone since then. */
  readonly goneSince: (mono: number) => readonly ApiObject[]
  /** How far behind this controller may be now, milliseconds. */
  readonly slackMs: number
}

export type Check = (invariant: Invariant, holds: boolean, what: () => string) => void

/** Counts what the controllers did. */
export interface Deeds {
  taints: number
  evictions: number
  reboots: number
  replacements: number
  admissions: number
}

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
const read = new WeakMap<ApiObject, Attempt | undefined>()

/** The NodeRepairs that exist now. */
export function attemptsIn(cluster: VirtualCluster): readonly Attempt[] {
  return cluster.list('noderepairs').flatMap((one) => {
    if (!read.has(one)) read.set(one, readAttempt(one as unknown as KubeObject)) // both are plain JSON
    return read.get(one) ?? []
  })
}

/** Watches every write of the controllers of one walk. */
export class Witness {
  readonly deeds: Deeds = { taints: 0, evictions: 0, reboots: 0, replacements: 0, admissions: 0 }
  readonly #check: Check
  /** How often each attempt has rebooted or deleted a machine. */
  readonly #done = new Map<string, number>()

  constructor(check: Check) {
    this.#check = check
  }

  /** Told before the server has the write; the answer is called when it has done its part. */
  before(moment: Moment, { call }: Sent): () => void {
    const { cluster } = moment
    if (reads.has(call.verb) || call.resource.plural === 'leases') return () => {}
    const isDry = call.query?.dryRun !== undefined || (call.body as { dryRun?: unknown } | undefined)?.dryRun
    if (isDry) return () => {}
    const { name = '', namespace } = call
    switch (call.resource.plural) {
      case 'nodes': {
        this.#acts(moment, `${call.verb} node ${name}`)
        const was = cluster.get('nodes', name)
        return () => was && this.#node(moment, was, cluster.get('nodes', name))
      }
      case 'pods': {
        this.#acts(moment, `${call.verb} pod ${name}`)
        const was = cluster.get('pods', name, namespace)
        return () => was && this.#pod(moment, was, cluster.get('pods', name, namespace))
      }
      case 'noderepairs': {
        const was = attemptOf(cluster, name)
        return () => this.#record(moment, was, attemptOf(cluster, name))
      }
      default:
        this.#check(
          'observe',
          call.resource.plural === 'repairpolicies' || call.verb === 'create',
          () => `${call.verb} ${call.resource.plural} ${name}`,
        )
        return () => {}
    }
  }

  /** Told of what a controller logs as an error. */
  failed(error: unknown): void {
    this.#check('defect', isKubeError(error) || !(error instanceof Error), () => (error as Error).stack ?? '')
  }

  #acts({ life, lives }: Moment, what: string): void {
    this.#check('frozen', life.leadership?.leading === true, () => `${life.identity} does not lead: ${what}`)
    const leaders = lives.filter((one) => one.leadership?.leading)
    this.#check('one-owner', leaders.length <= 1, () => `${leaders.length} lead at once: ${what}`)
  }

  #node(moment: Moment, was: ApiObject, now: ApiObject | undefined): void {
    if (now === was) return
    const { name, uid } = was.metadata
    const mine = attemptsIn(moment.cluster).filter((one) => one.nodeUid === uid && one.plan !== undefined)
    const check = this.#check
    if (now === undefined || now.metadata.uid !== uid || now.metadata.deletionTimestamp !== undefined) {
      this.deeds.replacements++
      const by = mine.find((one) => isCommitted(one) && one.plan?.action === 'Replace')
      check('one-owner', by !== undefined, () => `node ${name} is deleted without a committed attempt: ${told(mine)}`)
      if (by) this.#once(by)
      return
    }
    if (textAt(was, 'status', 'nodeInfo', 'bootID') !== textAt(now, 'status', 'nodeInfo', 'bootID')) {
      this.deeds.reboots++
      const by = mine.find((one) => textAt(now, 'status', 'nodeInfo', 'bootID').startsWith(one.name))
      const fits = by?.phase === 'Committing' && by.plan?.action === 'Reboot'
      check('one-owner', fits, () => `node ${name} is rebooted without a committed attempt: ${told(mine)}`)
      if (by) this.#once(by)
      return
    }
    check('observe', mine.length > 0 || ourTaints(was).length > 0, () => `node ${name} is written without a repair`)
    const [before, after] = [ourTaints(was), ourTaints(now)]
    check('one-owner', after.length <= 1, () => `node ${name} has ${after.length} taints of ours`)
    if (after.length > before.length) this.deeds.taints++
    const [theirs, kept] = [foreignParts(was), foreignParts(now)]
    const changed = [...theirs.filter((one) => !kept.includes(one)), ...kept.filter((one) => !theirs.includes(one))]
    check('foreign', changed.length === 0, () => `node ${name}, not ours to write: ${changed.join(', ')}`)
  }

  #once({ name }: Attempt): void {
    const times = (this.#done.get(name) ?? 0) + 1
    this.#done.set(name, times)
    this.#check('once', times === 1, () => `${name} has acted ${times} times`)
  }

  #pod({ cluster, vetoedSince, slackMs, life }: Moment, was: ApiObject, now: ApiObject | undefined): void {
    const ended = now === undefined || now.metadata.deletionTimestamp !== undefined
    if (was.metadata.deletionTimestamp !== undefined || !ended) return
    this.deeds.evictions++
    const node = textAt(was, 'spec', 'nodeName')
    const uid = cluster.get('nodes', node)?.metadata.uid
    const by = attemptsIn(cluster).find((one) => one.nodeUid === uid && one.drain && !isFinished(one.phase))
    this.#check('one-owner', by !== undefined, () => `pod ${was.metadata.name} of ${node} is evicted by nobody`)
    const since = vetoedSince(node)
    const held =
      since === undefined || cluster.clock.monotonic() - since <= slackMs || (by && !isBeforeCommit(by.phase))
    this.#check('veto', held === true, () => `${life.identity} evicts from ${node}, vetoed for a while`)
  }

  #record(moment: Moment, was: Attempt | undefined, now: Attempt | undefined): void {
    if (!now || was?.phase === now.phase) return
    const others = attemptsIn(moment.cluster).filter((one) => one.name !== now.name)
    const started = now.phase !== 'Pending' && !isFinished(now.phase)
    if (started) {
      const same = others.filter(
        (one) => one.nodeUid === now.nodeUid && one.phase !== 'Pending' && !isFinished(one.phase),
      )
      this.#check('one-owner', same.length === 0, () => `${now.name} and ${same.map((one) => one.name)} on one node`)
      this.#acts(moment, `${now.name} ${was?.phase} → ${now.phase}`)
    }
    if (was?.phase === 'Pending' && started) {
      this.deeds.admissions++
      admission(this.#check, moment, now, others)
    }
    if (now.phase === 'Committing' && was?.phase !== 'Unknown') commitment(this.#check, moment, now, others)
    if (was?.phase === 'Blocked' && isInFlight(now.phase))
      moment.policies.withinBudget(this.#check, moment, now, others)
  }
}

/** An outcome that is unknown is asked about until it is known: a deletion names the UID, so that it is done once. */
function isCommitted({ phase }: Attempt): boolean {
  return phase === 'Committing' || phase === 'Unknown'
}

function told(attempts: readonly Attempt[]): string {
  return attempts
    .map(
      (one) => `${one.name} ${one.plan?.action} ${one.phases.map(({ phase, why }) => `${phase} (${why})`).join(', ')}`,
    )
    .join('; ')
}

function attemptOf(cluster: VirtualCluster, name: string): Attempt | undefined {
  return attemptsIn(cluster).find((one) => one.name === name)
}

function ourTaints(node: ApiObject): readonly unknown[] {
  return listAt(node, 'spec', 'taints').filter((one) => one.key === repairTaintKey)
}

const ourConditions = new Set(['DrainInProgress', 'Drained', 'MaintenancePlanned', 'MaintenanceInProgress'])

/** All of a node that is not ours to write, in parts; the order of fields says nothing. */
function foreignParts(node: ApiObject): readonly string[] {
  const { labels = {}, annotations = {}, finalizers = [] } = node.metadata
  const taints = listAt(node, 'spec', 'taints').filter((one) => one.key !== repairTaintKey)
  const conditions = listAt(node, 'status', 'conditions').filter((one) => !ourConditions.has(textAt(one, 'type')))
  const { unschedulable = false } = node.spec as { readonly unschedulable?: boolean }
  const parts = [...conditions, ...taints].map((one) =>
    Object.fromEntries(
      Object.entries(one)
        .filter(([, value]) => value !== '' && value !== null)
        .sort(),
    ),
  )
  return [...parts, labels, annotations, { finalizers, unschedulable }].map((one) => JSON.stringify(one))
}
