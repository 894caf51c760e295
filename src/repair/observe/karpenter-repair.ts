/** Whether Karpenter's own node repair is on: then Karpenter repairs its nodes, and we do not. */
import type { Api, KubeObject, Resource } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { listObjects } from '../../kube/objects.ts'
import type { OtherRepairer } from '../../model/node.ts'
import { providerKinds } from '../../providers/providers.ts'
import type { Clock } from '../../telemetry/clock.ts'

export const deployments: Resource = {
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
/** What could not be told may be known after a grant. */
const againMs = 60_000

/** How a person says what cannot be read. */
export const karpenterNodeRepairFlag = '--karpenter-node-repair'
export const karpenterNodeRepairChoices = ['detect', 'on', 'off'] as const
export type KarpenterNodeRepair = (typeof karpenterNodeRepairChoices)[number]

export interface Deployment extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } } }
}

interface Container {
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[]
  readonly envFrom?: readonly unknown[]
}

/** What is known of Karpenter's feature gate NodeRepair, with the sign by which it is known. */
export type Repairing =
  | { readonly state: 'off' }
  | { readonly state: 'on'; readonly sign: string }
  | { readonly state: 'unknown'; readonly why: string; readonly change: string }

const orSay = `or say it with the controller’s flag ${karpenterNodeRepairFlag}`
const label = providerKinds.karpenter.poolLabel

/** For who decides without having read it. */
export const unreadKarpenter: OtherRepairer = {
  label,
  why: 'cannot tell whether Karpenter repairs its nodes itself: the controller alone reads that',
  unsure: 'a controller decides about the node',
}

/** Reads Karpenter's Deployments now and then. What it may not read, or does not find, is unknown, and never "off". */
export class KarpenterRepair {
  readonly #api: Api
  readonly #clock: Clock
  readonly #remedy: string
  readonly #said: KarpenterNodeRepair
  #read: Repairing = { state: 'unknown', why: 'nobody has looked yet', change: 'the API server answers' }
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(api: Api, clock: Clock, remedy: string, said: KarpenterNodeRepair = 'detect') {
    this.#api = api
    this.#clock = clock
    this.#remedy = remedy
    this.#said = said
  }

  /** Who repairs, or may repair, the nodes of NodePools besides us; none when the gate is certainly off. */
  repairers(): readonly OtherRepairer[] {
    const now = this.#now()
    switch (now.state) {
      case 'off':
        return []
      case 'on':
        return [{ label, why: `Karpenter repairs its nodes itself (${now.sign})` }]
      case 'unknown':
        return [
          { label, why: `cannot tell whether Karpenter repairs its nodes itself: ${now.why}`, unsure: now.change },
        ]
    }
  }

  #now(): Repairing {
    if (this.#said === 'detect') return this.#read
    return this.#said === 'off' ? { state: 'off' } : { state: 'on', sign: `${karpenterNodeRepairFlag} says so` }
  }

  /** Reads when it is time to; true when it did. Rejects with KubeError when the API server is away. */
  async poll(): Promise<boolean> {
    const now = this.#clock.monotonic()
    if (this.#said !== 'detect' || now < this.#nextAt) return false
    try {
      const { items } = await listObjects<Deployment>(this.#api, deployments, { labelSelector })
      this.#read = repairingOf(items)
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_FORBIDDEN', 'NM_KUBE_NOT_FOUND')) throw error
      const change = `grant verb "list" on resource "deployments" (apiGroup "apps"): ${this.#remedy}; ${orSay}`
      this.#read = { state: 'unknown', why: `its Deployment may not be read (${error.message})`, change }
    }
    this.#nextAt = now + (this.#read.state === 'unknown' ? againMs : pollMs)
    return true
  }
}

/** What Karpenter's Deployments say. Without one, Karpenter runs elsewhere: its nodes are here, and nobody can read its gates. */
export function repairingOf(found: readonly Deployment[]): Repairing {
  if (found.length === 0) {
    const why = `no Deployment has the label ${labelSelector}, so Karpenter runs outside this cluster or under another name`
    return { state: 'unknown', why, change: `label its Deployment, ${orSay}` }
  }
  const answers = found.map(gateOf)
  return answers.find((one) => one.state === 'on') ?? answers.find((one) => one.state === 'unknown') ?? { state: 'off' }
}

/** By flag or by environment: `--feature-gates=NodeRepair=true`, `--feature-gates NodeRepair=true`, `FEATURE_GATES`. */
function gateOf({ metadata, spec }: Deployment): Repairing {
  const name = `Deployment ${metadata.namespace ?? ''}/${metadata.name ?? ''}`
  for (const { command = [], args = [], env = [], envFrom = [] } of spec?.template?.spec?.containers ?? []) {
    const flag = /--?feature-gates[= ](\S*)/.exec([...command, ...args].join(' '))?.[1]
    if (flag !== undefined && isOn(flag)) return { state: 'on', sign: `${name}: argument --feature-gates=${flag}` }
    const gates = env.find((one) => one.name === 'FEATURE_GATES')
    if (gates?.value !== undefined && isOn(gates.value))
      return { state: 'on', sign: `${name}: FEATURE_GATES=${gates.value}` }
    const hidden = gates ? gates.value === undefined && gates.valueFrom !== undefined : envFrom.length > 0
    if (hidden && flag === undefined) {
      const why = `${name} takes its environment from an object that is not read`
      return { state: 'unknown', why, change: `write FEATURE_GATES into the Deployment, ${orSay}` }
    }
  }
  return { state: 'off' }
}

function isOn(gates: string): boolean {
  return /\bNodeRepair=true\b/i.test(gates)
}
