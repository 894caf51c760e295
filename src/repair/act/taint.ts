/**
 * Our own cordon: a NoSchedule taint that names the attempt. `spec.unschedulable` has no owner and is left to people, so
 * that nothing of theirs is ever undone.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { getObject, patchObject } from '../../kube/objects.ts'
import type { NodeView, Taint } from '../../model/node.ts'
import { type Attempt, isFinished } from '../../model/repair.ts'

export const repairTaintKey = 'nodemend.dev/repairing'
/** Keeps a gang that a drain elsewhere has interrupted from starting again on a node that waits for its own repair. */
export const gangMarkKey = 'nodemend.dev/gang-interrupted'
/** Frees the pods of a machine that is off. */
const outOfServiceKey = 'node.kubernetes.io/out-of-service'
const ownKeys: readonly string[] = [repairTaintKey, gangMarkKey]
/** A pod may have been bound just before our taint landed: a list of pods counts as the last one only after this. */
export const taintSettleMs = 5_000

/** Taints are one atomic list, written by kubelet, controllers and people: a conflict is tried again this often. */
const mostRaces = 5

interface NodeObject extends KubeObject {
  readonly spec?: { readonly taints?: readonly Taint[] }
}

export type TaintAnswer = 'set' | 'already' | 'removed' | 'absent' | 'gone' | 'foreign'

/** The service controllers of the clouds take a node with this label, whatever its value, out of their load balancers. */
export const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'

export interface TaintOptions {
  /** The node leaves the load balancers with the same write. */
  readonly leaveLoadBalancers?: boolean
}

/** Sets our taint for `attempt` on the node with `uid`. `foreign`: another attempt's taint is there. */
export function setTaint(
  api: Api,
  node: { name: string; uid: string },
  attempt: string,
  { leaveLoadBalancers = false }: TaintOptions = {},
): Promise<TaintAnswer> {
  return edit(api, node, ({ taints, labels }) => {
    const ours = taints.find((taint) => taint.key === repairTaintKey)
    if (ours) return ours.value === attempt ? 'already' : 'foreign'
    const label = leaveLoadBalancers && labels[excludeLabel] === undefined // somebody's own label stays theirs
    return {
      taints: [...taints, { key: repairTaintKey, value: attempt, effect: 'NoSchedule' }],
      ...(label && { labels: { [excludeLabel]: attempt } }),
    }
  })
}

/** Removes what {@link setTaint} set for `attempt`, and nothing else. */
export function removeTaint(api: Api, node: { name: string; uid: string }, attempt: string): Promise<TaintAnswer> {
  return edit(api, node, ({ taints, labels }) => {
    const mine = (taint: Taint) =>
      isFenceOf(taint, attempt) || (taint.key === repairTaintKey && taint.value === attempt)
    const rest = taints.filter((taint) => !mine(taint))
    const label = labels[excludeLabel] === attempt
    if (rest.length === taints.length && !label) return 'absent'
    return { taints: rest, ...(label && { labels: { [excludeLabel]: null } }) }
  })
}

/** Declares the machine out of service for `attempt`, unless somebody has. Kubernetes reads the key alone. */
export function setFence(api: Api, node: { name: string; uid: string }, attempt: string): Promise<TaintAnswer> {
  return edit(api, node, ({ taints }) => {
    if (taints.some(({ key }) => key === outOfServiceKey)) return 'already'
    return { taints: [...taints, { key: outOfServiceKey, value: attempt, effect: 'NoExecute' }] }
  })
}

/** Takes back what {@link setFence} set for `attempt`. */
export function removeFence(api: Api, node: { name: string; uid: string }, attempt: string): Promise<TaintAnswer> {
  return edit(api, node, ({ taints }) => {
    const rest = taints.filter((taint) => !isFenceOf(taint, attempt))
    return rest.length === taints.length ? 'absent' : { taints: rest }
  })
}

function isFenceOf({ key, value }: Taint, attempt: string): boolean {
  return key === outOfServiceKey && value === attempt
}

/** Sets the mark of `attempt`, if the node carries none. */
export function setGangMark(api: Api, node: { name: string; uid: string }, attempt: string): Promise<TaintAnswer> {
  return edit(api, node, ({ taints }) => {
    if (taints.some(({ key }) => key === gangMarkKey)) return 'already'
    return { taints: [...taints, { key: gangMarkKey, value: attempt, effect: 'NoSchedule' }] }
  })
}

/** Removes the mark, of whatever attempt. */
export function removeGangMark(api: Api, node: { name: string; uid: string }): Promise<TaintAnswer> {
  return edit(api, node, ({ taints }) => {
    const rest = taints.filter(({ key }) => key !== gangMarkKey)
    return rest.length === taints.length ? 'absent' : { taints: rest }
  })
}

/** True for the mark that `attempt` has set. */
export function isGangMarkOf({ key, value }: Taint, attempt: string): boolean {
  return key === gangMarkKey && value === attempt
}

/** True for a taint that this program sets and takes back. */
export function isOwnTaint({ key }: Pick<Taint, 'key'>): boolean {
  return ownKeys.includes(key)
}

/** Removes our taints of whatever attempt, when nobody is left who would. */
export function clearTaint(api: Api, name: string): Promise<TaintAnswer> {
  return edit(api, { name }, ({ taints, labels }) => {
    const own = taints.filter(isOwnTaint)
    const ours = taints.filter((taint) => own.includes(taint) || own.some(({ value = '' }) => isFenceOf(taint, value)))
    if (ours.length === 0) return 'absent'
    const label = ours.some(({ value }) => value !== undefined && value === labels[excludeLabel])
    return {
      taints: taints.filter((taint) => !ours.includes(taint)),
      ...(label && { labels: { [excludeLabel]: null } }),
    }
  })
}

/** Our taints without an open repair of that name: left over from a crash between two writes. */
export function strayTaints(
  seen: readonly NodeView[],
  records: readonly Attempt[],
): { node: NodeView; attempt: string }[] {
  const open = new Set(records.filter((one) => !isFinished(one.phase)).map((one) => one.name))
  return seen.flatMap((node) => {
    const taint = node.taints.find((one) => one.key === repairTaintKey)
    const attempt = taint?.value ?? ''
    return taint && !node.deleting && !open.has(attempt) ? [{ node, attempt }] : []
  })
}

interface Carried {
  readonly taints: readonly Taint[]
  readonly labels: Readonly<Record<string, string>>
}

interface Change {
  readonly taints: readonly Taint[]
  /** null removes. */
  readonly labels?: Readonly<Record<string, string | null>>
}

/** Reads, changes, and writes with the version that was read; with `uid` only this very node. */
async function edit(
  api: Api,
  { name, uid }: { readonly name: string; readonly uid?: string },
  change: (carried: Carried) => Change | TaintAnswer,
): Promise<TaintAnswer> {
  for (let races = 0; ; races++) {
    try {
      const node = await getObject<NodeObject>(api, nodes, { name })
      if (uid !== undefined && node.metadata.uid !== uid) return 'gone'
      const before = node.spec?.taints ?? []
      const { resourceVersion, labels: carried = {} } = node.metadata
      const changed = change({ taints: before, labels: carried })
      if (typeof changed === 'string') return changed
      const { taints, labels } = changed
      const metadata = { resourceVersion, ...(labels && { labels }) }
      await patchObject(api, nodes, { name }, { metadata, spec: { taints } }, { type: 'merge' })
      return taints.length > before.length ? 'set' : 'removed'
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return 'gone'
      if (!isKubeError(error, 'NM_KUBE_CONFLICT') || races >= mostRaces) throw error
    }
  }
}
