/** A scenario in which every modelled controller has work; returns the states of one server, by step. */
import { at } from './run.ts'
import type { ServerUnderTest } from './send.ts'
import { apps, budgets, namespace, pods, Story, type Thing } from './story.ts'

const template = (app: string): Thing => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'registry.example/app:1' }] },
})
const workload = (name: string, replicas: number): Thing => ({
  metadata: { name },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
})
const budget = (name: string, spec: Thing): Thing => ({
  metadata: { name },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
})
type Told = Record<string, unknown>

/** Runs the scenario; each step waits until the server's state is stable. Rejects when it is not in time. */
export async function scenario(server: ServerUnderTest): Promise<Readonly<Told>> {
  const told: Told = {}
  const story = new Story(server)
  for (const chapter of [beginning, budgeting, trouble, ending]) await chapter(story, told)
  return told
}

/** Nodes join, a deployment comes up. */
async function beginning(story: Story, told: Told): Promise<void> {
  for (const name of ['n1', 'n2', 'n3']) await story.node(name)
  told['nodes lose the taint of a newcomer'] = await story.until(
    '/api/v1/nodes',
    (nodes) => nodes.every((one) => !at(one, 'spec.taints')),
    taints,
  )
  await story.post('/api/v1/namespaces', { metadata: { name: namespace } })
  told['a namespace gets its account'] = await story.until(
    `/api/v1/namespaces/${namespace}/serviceaccounts`,
    (all) => all.length > 0,
    (one) => at(one, 'metadata.name'),
  )

  await story.post(`${apps}/deployments`, workload('web', 4))
  await story.run('web', 4)
  told['a deployment stands'] = await story.until(
    `${apps}/deployments`,
    (all) => at(all[0], 'status.availableReplicas') === 4,
    deploymentState,
  )
  told['its replica set'] = await story.until(
    `${apps}/replicasets`,
    (all) => at(all[0], 'status.availableReplicas') === 4,
    setState,
  )
  told['its pods'] = await story.until(pods, (all) => all.length === 4, podState)
}

/** The disruption controller sets the status of budgets, and an eviction uses one up. */
async function budgeting(story: Story, told: Told): Promise<void> {
  const rules: Readonly<Record<string, Thing>> = {
    'least-3': { minAvailable: 3 },
    'least-half': { minAvailable: '50%' },
    'most-1': { maxUnavailable: 1 },
    'most-third': { maxUnavailable: '34%' },
    'nothing-said': {},
  }
  for (const [name, spec] of Object.entries(rules)) await story.post(budgets, budget(name, spec))
  const judged = (all: readonly Thing[]): boolean =>
    all.every((one) => at(one, 'status.observedGeneration') === 1 && at(one, 'status.conditions.0.type') !== undefined)
  told['budgets are judged'] = await story.until(budgets, judged, budgetState)
  for (const name of Object.keys(rules).filter((one) => one !== 'least-3')) await story.remove(`${budgets}/${name}`)

  const [victim] = await story.list(pods)
  const name = String(at(victim, 'metadata.name'))
  told['an eviction'] = await story.evict(name)
  await story.run('web', 4)
  told['the budget after it'] = await story.until(
    budgets,
    (all) => at(all[0], 'status.currentHealthy') === 4,
    budgetState,
  )
}

/** A cordon, a NoExecute taint, a pod that fits nowhere. */
async function trouble(story: Story, told: Told): Promise<void> {
  await story.patch('/api/v1/nodes/n1', { spec: { unschedulable: true } })
  told['a cordon is a taint'] = await story.until(
    '/api/v1/nodes',
    (nodes) => at(nodes[0], 'spec.taints') !== undefined,
    taints,
  )
  await story.post(`${apps}/daemonsets`, {
    ...workload('agent', 0),
    spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') },
  })
  await story.run('agent', 3)
  told['a daemon set is everywhere'] = await story.until(
    `${apps}/daemonsets`,
    (all) => at(all[0], 'status.numberAvailable') === 3,
    daemonState,
  )
  await story.post(`${apps}/statefulsets`, {
    ...workload('db', 2),
    spec: { ...(workload('db', 2).spec as Thing), serviceName: 'db' },
  })
  await story.run('db', 2)
  told['a stateful set has names'] = await story.until(
    `${pods}?labelSelector=app%3Ddb`,
    (all) => all.length === 2,
    (one) => at(one, 'metadata.name'),
  )
  told['and no pod on the cordoned node'] = await story.until(
    `${pods}?labelSelector=app%3Ddb`,
    () => true,
    (one) => at(one, 'spec.nodeName') !== 'n1',
  )

  await story.patch('/api/v1/nodes/n2', { spec: { taints: [{ key: 'example.com/sick', effect: 'NoExecute' }] } })
  told['a NoExecute taint clears a node'] = await story.until(
    `${pods}?fieldSelector=spec.nodeName%3Dn2`,
    (all) => all.length === 0,
    () => 'left behind',
  )
  told['the daemon set counts on one node less'] = await story.until(
    `${apps}/daemonsets`,
    (all) => at(all[0], 'status.desiredNumberScheduled') === 2,
    daemonState,
  )
  await story.run('web', 4)
  await story.run('db', 2)
  await story.post(pods, {
    metadata: { name: 'giant', labels: { app: 'giant' } },
    spec: { containers: [{ name: 'c', image: 'x:1', resources: { requests: { cpu: '100' } } }] },
  })
  told['a pod that fits nowhere says so'] = await story.until(
    `${pods}?labelSelector=app%3Dgiant`,
    (all) => at(all[0], 'status.conditions.0.type') !== undefined,
    (one) => pick(at(one, 'status.conditions.0'), ['type', 'status', 'reason']),
  )
}

/** Owners are deleted, with every propagation policy. */
async function ending(story: Story, told: Told): Promise<void> {
  await story.post(`${apps}/deployments`, workload('left', 1))
  await story.run('left', 1)
  await story.remove(`${apps}/deployments/left?propagationPolicy=Orphan`)
  told['an orphan is set free'] = await story.until(
    `${apps}/replicasets?labelSelector=app%3Dleft`,
    (all) => !at(all[0], 'metadata.ownerReferences'),
    (one) => at(one, 'spec.replicas'),
  )
  await story.post(`${apps}/deployments`, workload('front', 1))
  await story.run('front', 1)
  await story.remove(`${apps}/deployments/front?propagationPolicy=Foreground`)
  told['foreground deletion takes the dependents first'] = await story.until(
    `${pods}?labelSelector=app%3Dfront`,
    (all) => all.length === 0,
    () => 'left behind',
  )
  await story.patch(`${apps}/deployments/web`, { spec: { replicas: 2 } })
  told['a deployment shrinks'] = await story.until(
    `${apps}/deployments`,
    (all) => all.some((one) => at(one, 'metadata.name') === 'web' && at(one, 'status.replicas') === 2),
    deploymentState,
  )
  await story.remove(`${apps}/deployments/web`)
  told['what it owned goes with it'] = await story.until(
    `${pods}?labelSelector=app%3Dweb`,
    (all) => all.length === 0,
    () => true,
  )
  await story.remove(`/api/v1/namespaces/${namespace}`)
  told['a namespace ends'] = await story.until(
    '/api/v1/namespaces',
    (all) => !all.some((one) => at(one, 'metadata.name') === namespace),
    () => 'still there',
  )
}

const taints = (node: Thing): unknown => [at(node, 'metadata.name'), withoutTimes(at(node, 'spec.taints'))]

/** Conditions and taints without their times. */
function withoutTimes(list: unknown): unknown {
  if (!Array.isArray(list)) return null
  return list
    .map(({ lastTransitionTime: _t, lastUpdateTime: _u, timeAdded: _a, ...rest }) => rest)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

const counts = [
  'replicas',
  'readyReplicas',
  'availableReplicas',
  'updatedReplicas',
  'observedGeneration',
  'unavailableReplicas',
  'terminatingReplicas',
]
const pick = (value: unknown, names: readonly string[]): unknown =>
  Object.fromEntries(names.map((name) => [name, at(value, name) ?? null]))

const deploymentState = (one: Thing): unknown => pick(one.status, counts.slice(0, 6))
const setState = (one: Thing): unknown => ({
  ...(pick(one.status, [
    'replicas',
    'readyReplicas',
    'availableReplicas',
    'fullyLabeledReplicas',
    'observedGeneration',
  ]) as Thing),
  owner: [
    at(one, 'metadata.ownerReferences.0.kind'),
    at(one, 'metadata.ownerReferences.0.controller'),
    at(one, 'metadata.ownerReferences.0.blockOwnerDeletion'),
  ],
  labels: Object.keys((at(one, 'metadata.labels') ?? {}) as Thing).sort(),
  selector: Object.keys((at(one, 'spec.selector.matchLabels') ?? {}) as Thing).sort(),
})
const podState = (one: Thing): unknown => ({
  owner: [at(one, 'metadata.ownerReferences.0.kind'), at(one, 'metadata.ownerReferences.0.controller')],
  labels: Object.keys((at(one, 'metadata.labels') ?? {}) as Thing).sort(),
  bound: at(one, 'spec.nodeName') !== undefined,
  generateName: String(at(one, 'metadata.generateName')).replace(/-[a-z0-9]+-$/, '-<hash>-'),
})
const budgetState = (one: Thing): unknown => [
  at(one, 'metadata.name'),
  pick(one.status, [
    'currentHealthy',
    'desiredHealthy',
    'disruptionsAllowed',
    'expectedPods',
    'observedGeneration',
    'disruptedPods',
  ]),
  withoutTimes(at(one, 'status.conditions')),
]
const daemonState = (one: Thing): unknown =>
  pick(one.status, [
    'desiredNumberScheduled',
    'currentNumberScheduled',
    'numberReady',
    'numberAvailable',
    'numberMisscheduled',
    'updatedNumberScheduled',
    'observedGeneration',
  ])
