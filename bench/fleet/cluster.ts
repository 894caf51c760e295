/** The cluster of a fleet bench as the bench itself talks to it: conditions, protections, records, counters. */
import { type Api, type KubeObject, nodeRepairs, nodes, type Resource, repairPolicies } from '../../src/kube/api.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import { createObject, deleteObject, listObjects, patchObject } from '../../src/kube/objects.ts'
import { type Attempt, isFinished } from '../../src/model/repair.ts'
import { repairTaintKey } from '../../src/repair/act/taint.ts'
import { readAttempt } from '../../src/repair/attempt/record.ts'
import { crds } from '../../src/repair/crds.ts'
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import { ask, type Endpoint } from '../server/endpoint.ts'
import { condition, nodeName } from './bodies.ts'
import { inParallel } from './fill.ts'

export const policyName = 'bench'
const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const protection = 'nodemend.dev/do-not-disrupt'
const lookEveryMs = 250
const quiet = (): void => undefined

/** A policy without limits: what is measured is how fast, not how careful. */
export const boundless = {
  mode: 'Enforce',
  match: [{ condition: 'KernelReady' }],
  toleration: '0s',
  action: 'Replace',
  drain: { timeout: '10m', blockedAfter: '10m' },
  budgets: [{ nodes: '100%' }],
  breaker: { share: '100%', rate: '100%', minNodes: 0 },
}

/** The same with the limits that a policy has when nobody writes them. */
export const byDefault = { mode: 'Enforce', match: [{ condition: 'KernelReady' }], toleration: '0s', action: 'Replace' }

/** Serves our kinds, and resolves when they are served. */
export async function installDefinitions(api: Api): Promise<void> {
  for (const body of crds() as readonly KubeObject[]) await unlessThere(createObject(api, definitions, body))
  await until('our kinds are served', 20_000, async () => (await served(api)) || undefined)
}

async function served(api: Api): Promise<boolean> {
  try {
    await Promise.all([repairPolicies, nodeRepairs].map((one) => listObjects(api, one, { limit: 1 })))
    return true
  } catch {
    return false
  }
}

export async function setPolicy(api: Api, spec: object): Promise<void> {
  await deleteObject(api, repairPolicies, { name: policyName }).catch(quiet)
  await createObject(api, repairPolicies, { metadata: { name: policyName }, spec } as KubeObject)
}

/** Says of a node what its agent would. Resolves when the server has it. */
export async function tell(api: Api, index: number, status: 'True' | 'False'): Promise<void> {
  const stamp = new Date(systemClock.now()).toISOString()
  const patch = { status: { conditions: [condition('KernelReady', status, stamp)] } }
  await patchObject(api, nodes, { name: nodeName(index) }, patch, { type: 'strategic', subresource: 'status' })
}

/** Keeps the pods of the nodes where they are, or no longer. */
export async function protect(api: Api, indices: readonly number[], on: boolean): Promise<void> {
  const patch = { metadata: { annotations: { [protection]: on ? 'true' : null } } }
  await each(indices, async (index) => {
    await patchObject(api, nodes, { name: nodeName(index) }, patch, { type: 'merge' })
  })
}

/** Does it for every number, some at once. */
export function each(indices: readonly number[], one: (index: number) => Promise<void>, width = 16): Promise<void> {
  return inParallel('', indices.length, quiet, (at) => one(indices[at] ?? 0), width)
}

export async function repairs(api: Api): Promise<readonly Attempt[]> {
  const { items } = await listObjects<KubeObject>(api, nodeRepairs)
  return items.flatMap((one) => readAttempt(one) ?? [])
}

/** Every fault is over: resolves when no repair is open, and the records are gone. */
export async function settle(api: Api, indices: readonly number[]): Promise<void> {
  await each(indices, (index) => tell(api, index, 'True'))
  const isOpen = (one: Attempt): boolean => !isFinished(one.phase)
  await until('every repair has ended', 300_000, async () => !(await repairs(api)).some(isOpen) || undefined)
  await clearRepairs(api)
}

/** Takes every record away, whoever guards it. */
export async function clearRepairs(api: Api): Promise<void> {
  for (const { name } of await repairs(api)) {
    await patchObject(api, nodeRepairs, { name }, { metadata: { finalizers: null } }, { type: 'merge' }).catch(quiet)
    await deleteObject(api, nodeRepairs, { name }).catch(quiet)
  }
}

/** How many nodes carry our taint. */
export async function taintedNodes(api: Api): Promise<number> {
  const project = ({ spec }: TaintedNode) => spec?.taints?.some((one) => one.key === repairTaintKey) ?? false
  const { items } = await listObjects<boolean, TaintedNode>(api, nodes, { project, limit: 200 })
  return items.filter((tainted) => tainted).length
}

interface TaintedNode extends KubeObject {
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] }
}

/** Resolves to the monotonic time at which a watch shows the node with our taint, or without it. */
export async function taintSeen(api: Api, index: number, wanted: boolean, ready: () => void): Promise<number> {
  const fieldSelector = `metadata.name=${nodeName(index)}`
  const abort = new AbortController()
  const call = { verb: 'watch', resource: nodes, query: { watch: true, fieldSelector }, timeoutMs: 60_000 } as const
  try {
    for await (const event of api.stream<{ type: string; object: TaintedNode }>({ ...call, signal: abort.signal })) {
      ready() // the first event is the node as it is
      const tainted = event.object.spec?.taints?.some((one) => one.key === repairTaintKey) ?? false
      if (tainted === wanted) return systemClock.monotonic()
    }
  } finally {
    abort.abort()
  }
  throw new Error(`NM_BENCH_LATE: ${nodeName(index)} did not change within a minute`)
}

/** Requests that the API server has answered with success, of one verb of a resource. */
export async function answered(endpoint: Endpoint, resource: string, subresource: string): Promise<Requests> {
  const text = await ask(endpoint, { method: 'GET', path: '/metrics' })
  const mine = text
    .split('\n')
    .filter((line) => line.startsWith('apiserver_request_total{'))
    .filter((line) => line.includes(`resource="${resource}"`) && line.includes(`subresource="${subresource}"`))
  const sum = (lines: readonly string[]): number =>
    lines.reduce((all, line) => all + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  return { all: sum(mine), granted: sum(mine.filter((line) => /code="2\d\d"/.test(line))) }
}

export interface Requests {
  readonly all: number
  readonly granted: number
}

/** Asks again and again; rejects when nothing comes in time. */
export async function until<T>(what: string, withinMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = systemClock.monotonic() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (systemClock.monotonic() > deadline) throw new Error(`NM_BENCH_LATE: not within ${withinMs / 1000} s: ${what}`)
    await sleep(systemClock, lookEveryMs)
  }
}

async function unlessThere(created: Promise<unknown>): Promise<void> {
  await created.catch((error: unknown) => {
    if (!isKubeError(error, 'NM_KUBE_EXISTS')) throw error
  })
}
