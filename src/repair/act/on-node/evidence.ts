/** Has a pod on the node collect logs and states before anything of it is lost. Whatever goes wrong becomes a sentence. */
import type { EvidencePolicy } from '../../../model/policy.ts'
import type { Attempt } from '../../../model/repair.ts'
import { evidenceFolder, type Kept } from './pod.ts'
import type { OnNodePlan, OnNodePods } from './pods.ts'

const verb = 'collect'
const callMs = 5_000

export class EvidenceCollector {
  readonly #pods: OnNodePods | undefined

  constructor(pods: OnNodePods | undefined) {
    this.#pods = pods
  }

  /** Begins; answers why nothing is kept where it cannot. Never rejects. */
  async begin(attempt: Attempt, bootId: string | undefined): Promise<string | undefined> {
    const evidence = attempt.plan?.evidence
    if (!this.#pods || !evidence) return 'nothing was kept: this controller makes no pods on nodes'
    if (bootId === undefined) return `nothing was kept: ${attempt.nodeName} reports no boot id`
    const plan: OnNodePlan = { ...planOf(attempt), bootId }
    try {
      await this.#pods.begin(plan, { verb, name: attempt.name }, callMs, keptIn(evidence))
      return undefined
    } catch (error) {
      return `nothing was kept: ${error instanceof Error ? error.message : error}`
    }
  }

  /** What became of it; undefined while that is not known. Never rejects. */
  async said(attempt: Attempt): Promise<string | undefined> {
    if (!this.#pods) return 'nothing was kept: this controller makes no pods on nodes'
    try {
      const view = await this.#pods.look({ ...planOf(attempt), bootId: attempt.bootId ?? '' }, verb)
      if (view.state !== 'ended') return undefined
      return view.outcome === 'done' ? view.why : `nothing was kept: ${view.why}`
    } catch {
      return undefined // the next pass asks again, and the time ends it
    }
  }
}

function planOf({ name, nodeName, nodeUid }: Attempt): OnNodePlan {
  return { id: name, nodeName, nodeUid }
}

function keptIn({ keep, claim = '' }: EvidencePolicy): Kept {
  return keep === 'Claim' ? { claim } : { folder: evidenceFolder }
}
