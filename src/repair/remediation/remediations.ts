/**
 * Requests of health checks: watched, put on the node as a condition, and answered from the record of its repair. Between the two
 * stand the policies and all their gates. docs/adr/0046-remediation-in-both-roles.md
 */
import { type Api, nodes, remediations } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { watchObjects } from '../../kube/list-watch.ts'
import { patchObject } from '../../kube/objects.ts'
import { type NodeCondition, requestedCondition } from '../../model/condition.ts'
import { conditionOf, type NodeView } from '../../model/node.ts'
import type { Attempt } from '../../model/repair.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import { RefusedCalls } from '../rights/refused-calls.ts'
import { answerTo, conditionsOf } from './answer.ts'
import { askedBy, isOpen, nodeOf, type RemediationObject, requestName } from './request.ts'
import type { RemediationCondition } from './schema.ts'

/** Writes of a pass, of each kind: a health check that turns on a whole cluster does not become a thousand writes. */
const writesPerPass = 20
const timeoutMs = 5_000
/** A decision sees no more of a message: a longer one would always look wrong. */
const longestMessage = 256

export interface RemediationOptions {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly onChange: () => void
  readonly signal: AbortSignal
}

export class Remediations {
  readonly #options: RemediationOptions
  readonly #refused: RefusedCalls
  #objects: ReadonlyMap<string, RemediationObject> = new Map()

  constructor(options: RemediationOptions) {
    this.#options = options
    this.#refused = new RefusedCalls(options.clock)
  }

  /** Runs the watch until the signal is aborted. Without the definition, or the right, nobody can ask: that is no trouble. */
  async run(): Promise<void> {
    const { onChange } = this.#options
    await watchObjects<RemediationObject>({
      ...this.#options,
      resource: remediations,
      onSync: (items) => {
        this.#objects = items
        if (items.size > 0) onChange()
      },
      onChange,
    })
  }

  /** Makes nodes and requests say how it stands. Rejects with KubeError; not again for a while where forbidden. */
  async pass(seen: readonly NodeView[], records: readonly Attempt[]): Promise<void> {
    for (const { node, wanted } of this.#unlikeNodes(seen).slice(0, writesPerPass)) {
      await this.#unlessForbidden('node', () => this.#tellNode(node, wanted))
    }
    let writes = 0
    for (const request of this.#objects.values()) {
      if (!isOpen(request)) continue
      const known = request.status?.conditions ?? []
      const answer = answerTo(request, nodeOf(request, seen), records)
      const wanted = conditionsOf(answer, known, this.#options.clock.now())
      if (!differ(known, wanted) || ++writes > writesPerPass) continue
      await this.#unlessForbidden('request', () => this.#answer(request, wanted))
    }
  }

  /** Nodes that do not say what is asked for them; of a request that is over its end is said once. */
  #unlikeNodes(seen: readonly NodeView[]) {
    if (this.#objects.size === 0 && !seen.some(isAskedFor)) return []
    const asked = new Map<string, RemediationObject>()
    for (const request of this.#objects.values()) {
      const node = isOpen(request) ? nodeOf(request, seen) : undefined
      if (node) asked.set(node.uid, request)
    }
    return seen.flatMap((node) => {
      const wanted = wantedOn(node, asked.get(node.uid))
      return wanted && !node.deleting ? [{ node, wanted }] : []
    })
  }

  async #tellNode({ name, uid }: NodeView, wanted: Told): Promise<void> {
    const { api, clock } = this.#options
    const stamp = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
    const condition = { type: requestedCondition, ...wanted, lastHeartbeatTime: stamp, lastTransitionTime: stamp }
    const patch = { metadata: { uid }, status: { conditions: [condition] } }
    await patchObject(api, nodes, { name }, patch, { type: 'strategic', subresource: 'status', timeoutMs })
  }

  async #answer({ metadata }: RemediationObject, conditions: readonly RemediationCondition[]): Promise<void> {
    const { name = '', namespace = '', uid } = metadata
    const patch = { metadata: { uid }, status: { conditions } }
    const options = { type: 'merge', subresource: 'status', timeoutMs } as const
    await patchObject(this.#options.api, remediations, { name, namespace }, patch, options)
  }

  async #unlessForbidden(what: string, write: () => Promise<void>): Promise<void> {
    if (this.#refused.pausing(what) !== undefined) return
    try {
      await write()
      this.#refused.forget(what)
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_CONFLICT')) return // gone, or another one by now
      this.#refused.failed(what, error)
      throw error
    }
  }
}

type Told = Pick<NodeCondition, 'status' | 'reason' | 'message'>

function isAskedFor(node: NodeView): boolean {
  return conditionOf(node, requestedCondition)?.status === 'True'
}

/** What the node should say and does not; undefined where it does. */
function wantedOn(node: NodeView, request: RemediationObject | undefined): Told | undefined {
  if (!request) {
    const message = 'nobody asks for the node any more'
    return isAskedFor(node) ? { status: 'False', reason: 'NotRequested', message } : undefined
  }
  const message = `${requestName(request)} asks for a repair`.slice(0, longestMessage)
  const known = conditionOf(node, requestedCondition)
  const reason = askedBy(request)
  if (known?.status === 'True' && known.reason === reason && known.message === message) return undefined
  return { status: 'True', reason, message }
}

function differ(known: readonly RemediationCondition[], wanted: readonly RemediationCondition[]): boolean {
  const facts = (list: readonly RemediationCondition[]): string =>
    JSON.stringify(list.map(({ type, status, reason, message }) => [type, status, reason, message]))
  return facts(known) !== facts(wanted)
}
