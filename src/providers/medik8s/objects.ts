/** The remediators of medik8s, and their objects as far as we read and write them: one contract for all of them. */
import type { Api, KubeObject, Resource } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { listObjects } from '../../kube/objects.ts'
import type { Intervention } from '../../model/action.ts'

/** An operator that acts on a node as long as an object of its kind with the node's name is there. */
export interface Remediator {
  readonly action: Extract<Intervention, 'Reboot' | 'Replace'>
  /** What asks it to act. */
  readonly requests: Resource
  /** What says how. */
  readonly templates: Resource
}

function remediator(action: Remediator['action'], group: string, kind: string): Remediator {
  const plural = kind.toLowerCase()
  const shared = { group: `${group}.medik8s.io`, version: 'v1alpha1', namespaced: true }
  return {
    action,
    requests: { ...shared, kind, plural: `${plural}s` },
    templates: { ...shared, kind: `${kind}Template`, plural: `${plural}templates` },
  }
}

export const remediators: readonly Remediator[] = [
  remediator('Reboot', 'self-node-remediation', 'SelfNodeRemediation'),
  remediator('Reboot', 'fence-agents-remediation', 'FenceAgentsRemediation'),
  remediator('Replace', 'machine-deletion-remediation', 'MachineDeletionRemediation'),
]

/** Annotation: which node a request is about, where its name does not say so. */
export const nodeNameKey = 'remediation.medik8s.io/node-name'
/** Annotation: the template that a request was made from. */
export const templateNameKey = 'remediation.medik8s.io/template-name'
/** Annotation: nobody waits for the remediator any more, so it stops and cleans up. */
export const timedOutKey = 'remediation.medik8s.io/nhc-timed-out'
/** Annotation of ours: the repair that a request was made for. */
export const repairKey = 'nodemend.dev/repair'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** A remediation object. */
export interface Request extends KubeObject {
  readonly spec?: object
  readonly status?: { readonly conditions?: readonly Condition[]; readonly lastError?: string }
}

export interface Template extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: object } }
}

/** A request, and who acts on it. */
export interface FoundRequest {
  readonly remediator: Remediator
  readonly request: Request
}

/** Everything that asks any remediator to act on the node. Rejects with KubeError. */
export async function requestsFor(
  api: Api,
  nodeName: string,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<readonly FoundRequest[]> {
  const found: FoundRequest[] = []
  for (const one of remediators) {
    const requests = await listServed<Request>(api, one.requests, { timeoutMs })
    const about = requests.filter(({ metadata }) => (metadata.annotations?.[nodeNameKey] ?? metadata.name) === nodeName)
    found.push(...about.map((request) => ({ remediator: one, request })))
  }
  return found
}

/** None where the kind is not installed. Rejects with KubeError. */
export async function listServed<T extends KubeObject>(
  api: Api,
  resource: Resource,
  options: { readonly timeoutMs: number; readonly labelSelector?: string },
): Promise<readonly T[]> {
  try {
    return (await listObjects<T>(api, resource, options)).items
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return []
    throw error
  }
}

/** What the remediator says about a request, for people. */
export function requestText({ remediator: { requests }, request: { status, metadata } }: FoundRequest): string {
  const { namespace = '', name = '' } = metadata
  const told = (status?.conditions ?? []).map(
    ({ type, status: is, reason }) => `${type}=${is}${reason ? ` (${reason})` : ''}`,
  )
  const error = status?.lastError ? [status.lastError] : []
  const said = [...told, ...error].join(', ')
  return `${requests.kind} ${namespace}/${name} says ${said === '' ? 'nothing yet' : said}`
}

/** True once the remediator says that its work is done. */
export function hasSucceeded({ status }: Request): boolean {
  return status?.conditions?.some((one) => one.type === 'Succeeded' && one.status === 'True') ?? false
}
