/** A story in which every modelled controller has work, told to one server; the states it comes to, by chapter. */
import { systemClock } from '../../src/telemetry/clock.ts'
import { at } from './run.ts'
import { send, type Target } from './send.ts'

type Thing = Readonly<Record<string, unknown>>

const pollMs = 100
const patienceMs = 40_000
const namespace = 'story'
const apps = `/apis/apps/v1/namespaces/${namespace}`
const pods = `/api/v1/namespaces/${namespace}/pods`
const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
const merge = 'application/merge-patch+json'

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
const readyStatus = {
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
      { type: 'ContainersReady', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
}

/** Plays the story; each chapter waits until the server has settled. Rejects when it does not. */
export async function scenario(target: Target): Promise<Readonly<Record<string, unknown>>> {
  const told: Record<string, unknown> = {}
  const story = new Story(target)
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

  await story.patch(`${apps}/deployments/web`, { spec: { replicas: 2 } })
  told['a deployment shrinks'] = await story.until(
    `${apps}/deployments`,
    (all) => at(all[0], 'status.replicas') === 2,
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
  return told
}

const taints = (node: Thing): unknown => [at(node, 'metadata.name'), withoutTimes(at(node, 'spec.taints'))]

/** Conditions and taints carry times; what they say must agree, not when. */
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

class Story {
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
  }

  async node(name: string): Promise<void> {
    const amounts = { cpu: '4', memory: '8Gi', pods: '20' }
    const conditions = [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        lastHeartbeatTime: new Date(systemClock.now()).toISOString(),
      },
    ]
    await this.post('/api/v1/nodes', {
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      status: { capacity: amounts, allocatable: amounts, conditions },
    })
  }

  /** Plays the kubelet until `count` pods of an application are ready. */
  async run(app: string, count: number): Promise<void> {
    const path = `${pods}?labelSelector=app%3D${app}`
    await this.#wait(async () => {
      const all = await this.list(path)
      const waiting = all.filter((one) => at(one, 'spec.nodeName') && at(one, 'status.phase') === 'Pending')
      for (const one of waiting)
        await this.patch(
          `${pods}/${at(one, 'metadata.name')}/status`,
          readyStatus,
          'application/strategic-merge-patch+json',
        )
      return (
        all.filter((one) => at(one, 'status.phase') === 'Running' && !at(one, 'metadata.deletionTimestamp')).length ===
        count
      )
    }, `${count} pods of ${app}`)
  }

  async evict(name: string): Promise<unknown> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
    return at(await this.#send('POST', `${pods}/${name}/eviction`, body), 'status')
  }

  /** Waits until the list is as it should be; then what `show` makes of each item, in order of its text. */
  async until(
    path: string,
    done: (items: readonly Thing[]) => boolean,
    show: (item: Thing) => unknown,
  ): Promise<unknown> {
    let items: readonly Thing[] = []
    await this.#wait(async () => {
      items = (await this.list(path)).filter(
        (one) => path !== '/api/v1/namespaces' || at(one, 'metadata.name') === namespace,
      )
      return done(items)
    }, path)
    return items.map(show).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }

  async list(path: string): Promise<readonly Thing[]> {
    const items = at(await this.#send('GET', path), 'items')
    return Array.isArray(items) ? items : []
  }

  async post(path: string, body: unknown): Promise<void> {
    await this.#send('POST', path, body)
  }

  async patch(path: string, body: unknown, type = merge): Promise<void> {
    await this.#send('PATCH', path, body, type)
  }

  async remove(path: string): Promise<void> {
    await this.#send('DELETE', path)
  }

  async #wait(done: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = systemClock.monotonic() + patienceMs
    while (!(await done())) {
      if (systemClock.monotonic() > deadline) throw new Error(`${this.#target.url}: never came to ${what}`)
      await new Promise<void>((resolve) => systemClock.after(pollMs, resolve))
    }
  }

  async #send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${this.#target.token}`,
      ...(text === undefined ? {} : { 'content-type': type }),
    }
    const reply = await send(this.#target, { method, path, headers, text })
    const answer: unknown = JSON.parse(reply.text)
    if (reply.status >= 400 && reply.status !== 404) throw new Error(`${method} ${path}: ${reply.text}`)
    return answer
  }
}
