/** Whether Karpenter's own node repair is on: then Karpenter repairs its nodes, and we do not. */
import type { Api, KubeObject, Resource } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { listObjects } from '../../kube/objects.ts'
import type { OtherRepairer } from '../../model/node.ts'
import { providerKinds } from '../../providers/providers.ts'
import type { Clock } from '../../telemetry/clock.ts'

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
}
/** The label of Karpenter's chart. */
const labelSelector = 'app.kubernetes.io/name=karpenter'
/** A gate changes with a rollout: no need to look often. */
const pollMs = 5 * 60_000

interface Deployment extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } } }
}

interface Container {
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

/** Who repairs the nodes of NodePools where the gate is on. */
export const karpenterRepairer: OtherRepairer = {
  label: providerKinds.karpenter.poolLabel,
  why: 'Karpenter repairs its nodes itself (its feature gate NodeRepair is on)',
}

/** Reads Karpenter's deployments now and then, while a repair is open. Without the right to read them it answers no. */
export class KarpenterRepair {
  readonly #api: Api
  readonly #clock: Clock
  #repairs = false
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(api: Api, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  get repairs(): boolean {
    return this.#repairs
  }

  /** Rejects with KubeError when the API server is away. */
  async poll(): Promise<void> {
    const now = this.#clock.monotonic()
    if (now < this.#nextAt) return
    try {
      const { items } = await listObjects<Deployment>(this.#api, deployments, { labelSelector })
      this.#repairs = items.some(switchesRepairOn)
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_FORBIDDEN', 'NM_KUBE_NOT_FOUND')) throw error
    }
    this.#nextAt = now + pollMs
  }
}

/** True when a Deployment of Karpenter has the feature gate NodeRepair on, by environment or by flag. */
export function switchesRepairOn({ spec }: Deployment): boolean {
  return (spec?.template?.spec?.containers ?? []).some(({ env = [], args = [] }) => {
    const gates = env.filter((one) => one.name === 'FEATURE_GATES').map((one) => one.value ?? '')
    return [...gates, ...args.filter((arg) => arg.includes('feature-gates'))].some((text) =>
      /\bNodeRepair=true\b/i.test(text),
    )
  })
}
