/** Bare loops: the calls that the controller makes, in its order and with its code for them, and no decision between them. */
import { type Api, leases, nodeRepairs, nodes, repairPolicies } from '../../src/kube/api.ts'
import { deleteObject, evictPod, getObject, listObjects, patchObject } from '../../src/kube/objects.ts'
import type { NodeView } from '../../src/model/node.ts'
import type { Plan, RepairTarget } from '../../src/model/repair.ts'
import { LifecycleConditions } from '../../src/repair/act/lifecycle/lifecycle.ts'
import { setTaint } from '../../src/repair/act/taint.ts'
import { AttemptBook } from '../../src/repair/attempt/book.ts'
import { RightsQuestion } from '../../src/repair/rights/question.ts'
import { givenAttempt, givenNode, givenPolicy } from '../../src/repair/testing/given.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { namespace, nodeName } from './bodies.ts'
import { each, policyName } from './cluster.ts'
import { type Fleet, podsOf } from './phases.ts'

/** Sockets of a connection, as those of the controller. */
export const connections = 8
const lease = { namespace: 'default', name: 'nodemend-controller' }

/** Cordons per second, as many at once as a connection takes. */
export async function bareCordons({ api }: Fleet, indices: readonly number[]): Promise<number> {
  const book = new AttemptBook(api)
  const lifecycle = new LifecycleConditions(api, systemClock)
  const rights = new RightsQuestion(api, systemClock, '', lease.namespace)
  const views = await Promise.all(indices.map((index) => viewOf(api, index)))
  const began = systemClock.monotonic()
  await each(
    views.map((_, at) => at),
    async (at) => {
      const view = views[at]
      if (view) await cordon(api, book, lifecycle, rights, view)
    },
    connections,
  )
  const rate = (indices.length * 1_000) / (systemClock.monotonic() - began)
  for (const record of book.records) {
    await patchObject(api, nodes, { name: record.nodeName }, { spec: { taints: null } }, { type: 'merge' })
    await book.release(record)
    await deleteObject(api, nodeRepairs, { name: record.name }).catch(() => undefined)
  }
  return rate
}

async function viewOf(api: Api, index: number): Promise<NodeView> {
  const { metadata } = await getObject(api, nodes, { name: nodeName(index) })
  return givenNode(metadata.name ?? '', { uid: metadata.uid ?? '' })
}

async function cordon(
  api: Api,
  book: AttemptBook,
  lifecycle: LifecycleConditions,
  rights: RightsQuestion,
  view: NodeView,
): Promise<void> {
  const look = (): Promise<unknown> =>
    Promise.all([getObject(api, leases, lease), getObject(api, nodes, { name: view.name })])
  const target = { kind: 'Node', name: view.name, uid: view.uid }
  const { drain } = givenPolicy()
  const created = await book.create(givenAttempt(view, { name: `bare-${view.name}`, resourceVersion: '' }))
  await rights.objection({ action: 'Replace', provider: 'embedded', target, drain })
  const guarded = created && (await book.guard(created))
  if (!guarded) throw new Error(`NM_BENCH_RECORD: the record of ${view.name} could not be made`)
  const only = { fieldSelector: `metadata.name=${policyName}` }
  await Promise.all([look(), listObjects(api, repairPolicies, only)])
  const admitted = await book.write({ ...guarded, plan: planOf(target, drain), phase: 'Preparing' })
  await look()
  await setTaint(api, view, admitted.name)
  const tainted = await book.write({ ...admitted, taintedAt: systemClock.now() })
  const draining = await book.write({ ...tainted, phase: 'Draining' })
  await lifecycle.show(draining)
}

function planOf(target: RepairTarget, drain: Plan['drain']): Plan {
  const fault = { condition: 'KernelReady', status: 'False', reason: 'KernelReadyReason' } as const
  const who = { policy: policyName, generation: 1, action: 'Replace', provider: 'embedded' } as const
  return { ...who, ...fault, target, drain, dwellMs: 300_000, joinMs: 1_200_000 }
}

/** Evictions per second, as many at once as a connection takes. */
export async function bareEvictions({ api }: Fleet, indices: readonly number[]): Promise<number> {
  const found = (await Promise.all(indices.map((index) => podsOf(api, index)))).flat()
  const began = systemClock.monotonic()
  const one = async (at: number): Promise<void> => {
    const { name = '', uid = '' } = found[at]?.metadata ?? {}
    await evictPod(api, { namespace, name, uid })
  }
  await each(
    found.map((_, at) => at),
    one,
    connections,
  )
  return (found.length * 1_000) / (systemClock.monotonic() - began)
}
