/** The operator's journey on a real node, row by row: our chart under its shipped RBAC, and the guide's commands. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { conditionTypes } from '../../src/model/condition.ts'
import { eventually } from '../cluster/wait.ts'
import { FIRST_GPU, GPU, gpuPod, injectorPod, kubectlRun, SECOND_GPU } from './guide.ts'
import { applyPolicy } from './policy.ts'
import { type Row, rows } from './rows.ts'
import { canStart, chart, eventOf, NAMESPACE, type Scene, SICK, SUCCESSOR, startScene, VALUES } from './scene.ts'

const LABEL = 'app.kubernetes.io/instance=nodemend'
const AGENT = `${LABEL},app.kubernetes.io/component=agent`
const GPU_CONDITION = 'AcceleratedHardwareReady'
const METRICS = `/api/v1/namespaces/${NAMESPACE}/services/nodemend-agent:metrics/proxy/metrics`
/** From nothing to the first finding, without the images. */
const INSTALL_LIMIT_SECONDS = 60

interface Repair {
  readonly spec: { readonly nodeName: string }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly decision?: {
      readonly decidedBy?: string
      readonly gates: readonly { readonly gate: string; readonly verdict: string; readonly why: string }[]
    }
  }
}

describe('journey', () => {
  let starting: Promise<Scene> | undefined
  let scene: Scene | undefined
  /** The scene, started once; undefined, with the test marked as skipped, where no real node can run. */
  const begin = async (t: TestContext): Promise<Scene | undefined> => {
    if (!(await canStart(t))) return undefined
    starting ??= startScene()
    scene = await starting
    return scene
  }
  const given = (): Scene => {
    assert.ok(scene)
    return scene
  }
  after(() => scene?.stop())

  const row = (number: Row['number'], body: (scene: Scene, t: TestContext) => Promise<void>): void => {
    const found = rows.find((one) => one.number === number)
    assert.ok(found)
    const standIn = 'standIn' in found ? ` (without ${found.standIn.lacks}: ${found.standIn.instead})` : ''
    test(`journey ${number}: ${found.title}${standIn}`, async (t) => {
      const begun = await begin(t)
      if (begun) await body(begun, t)
    })
  }
  const metrics = () => given().kubectl('get', '--raw', METRICS)
  const repairs = async (): Promise<readonly Repair[]> => {
    const path = '/apis/nodemend.dev/v1alpha1/noderepairs'
    return (await given().cluster.admin.get<{ items: readonly Repair[] }>(path)).items
  }

  row(1, async ({ kubectl }) => {
    const pods = await kubectl('get', 'pods', '-n', NAMESPACE, '-l', AGENT)
    assert.match(pods, /nodemend-agent-\S+ +1\/1 +Running/)
    const spec = await kubectl(
      'get',
      'pods',
      '-n',
      NAMESPACE,
      '-l',
      AGENT,
      '-o',
      'jsonpath={.items[*].spec.containers}',
    )
    assert.doesNotMatch(spec, /"privileged":true/, 'the privilege bar')
  })

  test('journey bar, install: cluster up, Helm install, agent Ready and the first finding in 60 s', async (t) => {
    if (!(await begin(t))) return
    const { seconds } = given()
    // An Event, because the log leaves out findings of a storm, and all runs of a machine share one kernel log.
    await eventOf(given(), new RegExp(FIRST_GPU))
    given().mark('first finding')
    t.diagnostic(`seconds: ${JSON.stringify(seconds)}`)
    const loaded = seconds['cluster up, images loaded'] ?? 0
    assert.ok((seconds['first finding'] ?? Number.POSITIVE_INFINITY) - loaded <= INSTALL_LIMIT_SECONDS)
  })

  row(2, async () => {
    const text = await eventually('every monitor to have looked', 30_000, async () => {
      const now = await metrics()
      return !/nodemend_monitor_state\{[^}]*state="pending"\} 1/.test(now) && now
    })
    const checked = [...text.matchAll(/nodemend_monitor_state\{monitor="([^"]+)",state="checked"\} 1/g)]
    assert.ok(checked.length > 2, text)
  })

  row(3, async ({ node }) => {
    const { status } = await node()
    const types = status.conditions.map(({ type }) => type)
    for (const type of ['Ready', 'DiskPressure', ...conditionTypes]) assert.ok(types.includes(type), type)
  })

  row(8, async ({ kubectl }) => {
    const said = await kubectl('logs', '-n', NAMESPACE, '-l', LABEL, '--tail=-1', '--max-log-requests=10')
    const lines = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    for (const { level, ts, msg, hostname } of lines) {
      assert.match(String(level), /^(debug|info|warn|error)$/)
      assert.match(String(ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
      assert.ok(typeof msg === 'string' && typeof hostname === 'string')
    }
    assert.ok(lines.some(({ msg, hostname }) => msg === 'reported node conditions' && hostname === SICK))
    assert.ok(lines.some(({ monitor }) => typeof monitor === 'string'))
  })

  row(10, async (scene, t) => {
    const { kubectl, apply, condition } = scene
    await kubectl(...kubectlRun('gpu-fault-sim', SICK, 31))
    const first = await eventOf(scene, new RegExp(`NvidiaXID31Warning.*${GPU}`))
    assert.match(first, /written from user space/)
    await apply(injectorPod(SICK, 45))
    await eventOf(scene, new RegExp(`Xid 45 .*${SECOND_GPU}`))
    assert.match(await metrics(), /nodemend_findings_total\{[^}]*reason="NvidiaXID31Warning"[^}]*\} [1-9]/)
    assert.doesNotMatch((await condition(GPU_CONDITION))?.message ?? '', new RegExp(`^Xid \\d+ .*${GPU}`))
    t.diagnostic(first)
  })

  row(9, async ({ cluster, kubectl, apply }) => {
    const body = { status: { capacity: { 'nvidia.com/gpu': '1' } } }
    const contentType = 'application/strategic-merge-patch+json'
    await cluster.admin.send({ method: 'PATCH', path: `/api/v1/nodes/${SICK}/status`, body, contentType })
    await apply(gpuPod())
    await kubectl('wait', '--for=condition=Ready', 'pod/gpu-pod', '--timeout=60s')
    assert.match(await kubectl('logs', 'gpu-pod'), /GPU 0/)
    const agent = ['exec', '-n', NAMESPACE, 'daemonset/nodemend-agent', '--']
    const scanned = await kubectl(...agent, 'nodemend', 'scan').catch((error: { stdout: string }) => error.stdout)
    assert.match(scanned, new RegExp(`NvidiaXID31Warning +${GPU}`))
  })

  row(12, async () => {
    assert.match(await metrics(), /nodemend_condition_status\{[^}]*"KernelReady"[^}]*\} 1/)
  })

  row(13, async ({ kubectl }) => {
    const service = JSON.parse(await kubectl('get', 'service', 'nodemend-agent', '-n', NAMESPACE, '-o', 'json'))
    assert.deepEqual(
      service.spec.ports.map(({ name, port }: { name: string; port: number }) => [name, port]),
      [['metrics', 8080]],
    )
    assert.equal(service.metadata.labels['app.kubernetes.io/name'], 'nodemend')
    const pods = JSON.parse(
      await kubectl('get', 'pods', '-n', NAMESPACE, '-l', 'app.kubernetes.io/name=nodemend', '-o', 'json'),
    )
    for (const pod of pods.items as readonly { metadata: { name: string } }[]) {
      const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod.metadata.name}:8080/proxy/metrics`
      assert.match(await kubectl('get', '--raw', path), /^# HELP nodemend_/m, pod.metadata.name)
    }
  })

  row(14, async ({ helm }) => {
    const flags = ['--set=metrics.prometheusRule.enabled=true', '--set=metrics.dashboards.enabled=true']
    const apis = '--api-versions=monitoring.coreos.com/v1'
    assert.match(await helm('template', 'nodemend', chart, apis, ...flags), /kind: DaemonSet/)
  })

  row(15, async (scene) => {
    assert.match(await eventOf(scene, new RegExp(`Xid 45 .*${SECOND_GPU}`)), /written from user space/)
  })

  row(5, async ({ condition }) => {
    const karpenter = readFileSync(join(import.meta.dirname, '../cluster/tools/karpenter/main.go'), 'utf8')
    for (const type of conditionTypes) {
      assert.ok(karpenter.includes(`"${type}"`), type)
      assert.equal((await condition(type))?.type, type)
    }
  })

  test('journey bar, old lines: a fatal line of before the install is told and condemns nothing', async (t) => {
    if (!(await begin(t))) return
    const told = await eventOf(given(), new RegExp(`Xid 79 .*${FIRST_GPU}`))
    assert.match(told, /before this agent first ran/)
    const { status, message } = (await given().condition(GPU_CONDITION)) ?? {}
    assert.ok(status === 'True' || !message?.includes(FIRST_GPU), message)
  })

  row(4, async ({ cluster, kubectl, node, condition, nodemend }, t) => {
    await kubectl('delete', 'pod', 'gpu-pod', 'gpu-fault-injector', '--ignore-not-found', '--now')
    await applyPolicy(cluster.admin, 'Observe', '1')
    await kubectl(...kubectlRun('gpu-fault-sim-79', SICK, 79))
    const broken = await eventually('the condition to be False', 20_000, async () => {
      const now = await condition(GPU_CONDITION)
      return now?.status === 'False' && now
    })
    assert.match(`${broken.reason} ${broken.message}`, /NvidiaXID79Error .*written from user space/)
    const seen = await eventually('the decision', 30_000, async () =>
      (await repairs()).find(({ status }) => status?.decision?.decidedBy === 'mode'),
    )
    assert.equal(seen.spec.nodeName, SICK)
    const { spec } = await node()
    assert.equal(spec.unschedulable, undefined)
    assert.deepEqual(spec.taints ?? [], [])
    t.diagnostic(await nodemend('why', SICK, `--namespace=${NAMESPACE}`, '--providers=embedded'))
  })

  row(6, async ({ cluster }) => {
    const path = '/apis/nodemend.dev/v1alpha1/repairpolicies?dryRun=All'
    const tried = async (reasons: readonly string[]): Promise<number> => {
      const spec = { match: [{ condition: GPU_CONDITION }], action: 'Replace', budgets: [{ nodes: '1', reasons }] }
      const body = { apiVersion: 'nodemend.dev/v1alpha1', kind: 'RepairPolicy', metadata: { name: 'tried' }, spec }
      return (await cluster.admin.send({ method: 'POST', path, body })).status
    }
    assert.equal(await tried(['Unhealthy', 'Drifted', 'Empty', 'Underutilized']), 201)
    assert.equal(await tried(['Broken']), 422)
  })

  row(7, async ({ cluster }) => {
    await applyPolicy(cluster.admin, 'Enforce', '0')
    const refused = await eventually('the refusal', 30_000, async () =>
      (await repairs()).find(({ status }) => status?.decision?.decidedBy === 'budget'),
    )
    assert.equal(refused.spec.nodeName, SICK)
    await applyPolicy(cluster.admin, 'Observe', '10%')
  })

  test('journey, upgrade: helm upgrade keeps the conditions and their times', async (t) => {
    if (!(await begin(t))) return
    const { helm, kubectl, condition } = given()
    const before = await condition(GPU_CONDITION)
    const changed = '--set-string=agent.podAnnotations.upgraded=yes'
    await helm('upgrade', 'nodemend', chart, `--namespace=${NAMESPACE}`, ...VALUES, changed)
    await kubectl('rollout', 'status', 'daemonset/nodemend-agent', `--namespace=${NAMESPACE}`, '--timeout=60s')
    const after = await condition(GPU_CONDITION)
    assert.deepEqual(
      [after?.status, after?.reason, after?.lastTransitionTime],
      [before?.status, before?.reason, before?.lastTransitionTime],
    )
  })

  row(11, async ({ cluster, node, replaceMachine }) => {
    const old = await node()
    await applyPolicy(cluster.admin, 'Enforce', '1')
    await eventually('the machine to be given back', 60_000, async () => {
      const answer = await cluster.admin.send({ method: 'GET', path: `/api/v1/nodes/${SICK}` })
      return answer.status === 404
    })
    await replaceMachine()
    await eventually('the proof', 90_000, async () =>
      (await repairs()).some(({ status }) => status?.phase === 'Succeeded'),
    )
    const fresh = await eventually('the agent of the new node', 20_000, async () => {
      const now = await node(SUCCESSOR)
      return now.status.conditions.some(({ type, status }) => type === GPU_CONDITION && status === 'True') && now
    })
    assert.notEqual(fresh.metadata.uid, old.metadata.uid)
  })

  test('journey, uninstall: nothing of ours is left on nodes or in the cluster but the definitions', async (t) => {
    if (!(await begin(t))) return
    const { helm, kubectl, node } = given()
    await helm('uninstall', 'nodemend', `--namespace=${NAMESPACE}`, '--wait', '--timeout=90s')
    const kinds =
      'all,serviceaccounts,configmaps,roles,rolebindings,clusterroles,clusterrolebindings,leases,networkpolicies'
    const left = await kubectl('get', kinds, '--all-namespaces', '-o', 'name')
    assert.deepEqual(
      left.split('\n').filter((name) => name.includes('nodemend')),
      [],
    )
    const { status, spec } = await node(SUCCESSOR)
    assert.deepEqual(
      status.conditions.map(({ type }) => type).filter((type) => conditionTypes.some((ours) => ours === type)),
      [],
    )
    assert.deepEqual(
      (spec.taints ?? []).filter(({ key }) => key.includes('nodemend')),
      [],
    )
  })
})
