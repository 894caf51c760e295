/**
 * What people may have written since the snapshot, read from the server itself: a watch lags, and the pause is polled. Once
 * the server has answered a `kubectl annotate`, it counts.
 * Asked right before a repair is admitted and right before each step that cannot be undone. An unknown answer refuses.
 */
import { type Api, nodes, repairPolicies } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { getObject, listObjects } from '../../kube/objects.ts'
import type { GateAnswer } from '../../model/decision.ts'
import type { ClusterSnapshot, NodeView, Pause } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { pauseOf } from '../decide/gates/pause.ts'
import { gates } from '../decide/gates.ts'
import { parsePolicies, type RepairPolicyObject } from '../policy/parse.ts'
import { takenBack } from '../policy/restraints.ts'
import { type NodeObject, SeenNodes } from './seen.ts'

/** A step waits this long for each answer. */
const timeoutMs = 5_000

export interface LastLookOptions {
  readonly api: Api
  readonly clock: Clock
  /** Asks now. Never rejects. */
  readonly pause: () => Promise<Pause>
}

/** What stands against an admission, and which gate it would have been. */
export interface Objection {
  readonly gate: string
  readonly why: string
  readonly change: string
}

export class LastLook {
  readonly #options: LastLookOptions

  constructor(options: LastLookOptions) {
    this.#options = options
  }

  /**
   * `snapshot` with the pause and the one node as the server has them now. A text says why that is unknown; a node that
   * is gone is such a case, too: the next snapshot and the provider say what that means.
   */
  async refresh(
    snapshot: ClusterSnapshot,
    { name, uid }: Pick<NodeView, 'name' | 'uid'>,
  ): Promise<ClusterSnapshot | string> {
    const known = snapshot.nodes.find((one) => one.uid === uid)
    if (!known) return 'the node is gone'
    const [pause, fresh] = await Promise.all([this.#options.pause(), this.#node(name)])
    if (typeof fresh === 'string') return fresh
    if (fresh.metadata.uid !== uid) return 'the node is gone'
    // With what was seen before: by its stamps alone an old report is as new as the clock of its node is ahead of ours.
    const { view } = new SeenNodes(known).see(fresh, known.pools, this.#options.clock.now())
    return { ...snapshot, pause, nodes: snapshot.nodes.map((one) => (one.uid === uid ? view : one)) }
  }

  /** Why `node` must not be taken under repair by `policy` after all; undefined when nobody said so. */
  async objection(snapshot: ClusterSnapshot, node: NodeView, policy: Policy): Promise<Objection | undefined> {
    const [fresh, restrained] = await Promise.all([this.refresh(snapshot, node), this.#restrained(policy)])
    if (typeof fresh === 'string') return { gate: 'api-health', why: fresh, change: 'the API server answers again' }
    const paused = pauseOf(fresh.pause)
    if (paused) return { gate: 'pause', ...because(paused) }
    if (restrained !== undefined) return { gate: 'mode', why: restrained, change: `change policy ${policy.name} back` }
    const view = fresh.nodes.find((one) => one.uid === node.uid) ?? node
    for (const gate of gates) {
      const why = gate.cancel?.(view, fresh, this.#options.clock.now())
      if (why !== undefined) return { gate: gate.name, why, change: 'the node may be touched again' }
    }
    return undefined
  }

  async #node(name: string): Promise<NodeObject | string> {
    try {
      return await getObject<NodeObject>(this.#options.api, nodes, { name }, { timeoutMs })
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return 'the node is gone'
      return `unknown whether the node is vetoed: ${textOf(error)}`
    }
  }

  /** What the policy's present version takes back. A mistaken version takes nothing back: see `inForce`. */
  async #restrained(policy: Policy): Promise<string | undefined> {
    const { name } = policy
    try {
      const only = { fieldSelector: `metadata.name=${name}`, timeoutMs } // listing is what our role allows
      const [object] = (await listObjects<RepairPolicyObject>(this.#options.api, repairPolicies, only)).items
      if (!object) return `policy ${name} is gone`
      if (object.metadata.deletionTimestamp !== undefined) return `policy ${name} is being deleted`
      const now = parsePolicies([object]).policies[0]
      const taken = now && takenBack(policy, now)
      return taken && `policy ${name} ${taken}`
    } catch (error) {
      return `unknown whether policy ${name} still stands: ${textOf(error)}`
    }
  }
}

function because(answer: GateAnswer): Omit<Objection, 'gate'> {
  return { why: answer.why, change: 'change' in answer ? (answer.change ?? '') : '' }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
