/**
 * Frees the pods of a machine that is certainly off, with the taint of Kubernetes for it, and takes the taint back.
 * docs/adr/0050-eviction-requests-and-fencing.md
 */
import type { Api } from '../../../kube/api.ts'
import type { NodeView } from '../../../model/node.ts'
import type { Attempt } from '../../../model/repair.ts'
import type { Power } from '../../../providers/provider.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import type { FindActor } from '../actions.ts'
import { removeFence, setFence } from '../taint.ts'
import { judgePower } from './witness.ts'

/** Between two questions to the provider. */
const askEveryMs = 15_000
/** The pods have so long to be freed; kube-controller-manager looks every 20 s. */
const freedMs = 120_000

export interface FenceOptions {
  readonly api: Api
  readonly clock: Clock
  readonly findActor: FindActor
  /** Whether the kubelet of a node was seen to renew its lease lately. */
  readonly lease: (node: string) => 'moves' | 'stopped' | 'unknown'
}

export interface Fenced {
  /** The taint is set, and pods are about to be freed: the drain waits for them. */
  readonly freeing: boolean
  readonly note: string
}

interface Known {
  readonly askedAt: number
  readonly setAt?: number
  readonly answer: Fenced
}

export class Fence {
  readonly #options: FenceOptions
  readonly #known = new Map<string, Known>()

  constructor(options: FenceOptions) {
    this.#options = options
  }

  /** Looks at the machine of a node on which pods do not end. Rejects with KubeError. */
  async look(attempt: Attempt, node: NodeView): Promise<Fenced> {
    const { clock } = this.#options
    const known = this.#known.get(attempt.name)
    if (known && clock.monotonic() - known.askedAt < askEveryMs) return known.answer
    const [askedAt, power] = [clock.monotonic(), await this.#power(attempt, node)]
    const verdict = judgePower({ node, power, lease: this.#options.lease(node.name), now: clock.now() })
    const setAt = verdict.off ? (known?.setAt ?? askedAt) : undefined
    if (verdict.off) await setFence(this.#options.api, node, attempt.name)
    else if (known?.setAt !== undefined) await removeFence(this.#options.api, node, attempt.name)
    const note = verdict.off
      ? `the machine is off (${verdict.why}): its pods are freed by taint node.kubernetes.io/out-of-service`
      : `its pods are not freed, because nobody is sure that the machine is off: ${verdict.why}`
    const answer = { freeing: setAt !== undefined && clock.monotonic() - setAt < freedMs, note }
    this.#known.set(attempt.name, { askedAt, answer, ...(setAt !== undefined && { setAt }) })
    return answer
  }

  /** Takes the taint back as the drain ends, whoever set it for `attempt`. Rejects with KubeError. */
  async release({ name, nodeName, nodeUid }: Attempt): Promise<void> {
    await removeFence(this.#options.api, { name: nodeName, uid: nodeUid }, name)
    this.#known.delete(name)
  }

  /** An actor that cannot tell, or does not answer, says nothing. */
  async #power({ plan }: Attempt, node: NodeView): Promise<Power> {
    const actor = plan && this.#options.findActor(plan)
    const who = plan?.provider ?? 'no provider'
    if (!actor?.power) return { state: 'unknown', why: `${who} cannot tell whether the machine runs` }
    try {
      return await actor.power(node)
    } catch (error) {
      return { state: 'unknown', why: `${who} did not answer: ${error instanceof Error ? error.message : error}` }
    }
  }
}
