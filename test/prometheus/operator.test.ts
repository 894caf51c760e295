/**
 * The Prometheus Operator's own definitions take the monitors and rules of the chart and the ServiceMonitor of the pages, and a
 * real Prometheus finds agent and controller by each monitor, through Services and slices of a real control plane.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { installDefinitions } from '../cluster/definitions.ts'
import { freePorts } from '../cluster/process/ports.ts'
import { clusterFor } from '../cluster/suite.ts'
import { ensureTools } from '../cluster/tools.ts'
import { eventually } from '../cluster/wait.ts'
import { type Monitor, scrapesOf } from './operator.ts'
import { root } from './rule-files.ts'
import { Prometheus } from './server.ts'

const monitoring = '/apis/monitoring.coreos.com/v1/namespaces/kube-system'
/** An address of the documentation range: the proxy of the test stands for the pod network. */
const podIp = '192.0.2.10'

interface Rendered {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: { readonly template: { readonly metadata: { readonly labels: object } } }
}

test('monitors of the chart and of the pages find our pods in a real Prometheus', async (t) => {
  if (!existsSync(join(root, 'dist', 'agent.cjs'))) return t.skip('needs the bundles: npm run build')
  const cluster = await clusterFor(t, { controllerManager: true, nodeMonitorGraceMs: 600_000 }, ['prometheus'])
  if (!cluster) return
  const tools = await ensureTools(['prometheus'])
  assert.ok(tools.available)
  await installDefinitions(cluster, 'prometheus-operator', ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'])
  const monitors = await takenMonitors(cluster)
  assert.deepEqual(monitors.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
    'PodMonitor nodemend',
    'ServiceMonitor nodemend',
    'ServiceMonitor nodemend-by-hand',
  ])
  await agentPod(cluster)
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-monitors-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const proxy_url = await podNetwork(t, startAgent(cluster, folder, (await freePorts(1))[0] ?? 0))
  const kubeconfig_file = cluster.kubeconfig('admin')
  const scrapes = monitors.flatMap((one) => scrapesOf(one, { kubeconfig_file }, { proxy_url }))
  const prometheus = await Prometheus.start(cluster.processes, { program: tools.paths.prometheus, folder, scrapes })
  const jobs = ['kube-system/nodemend', 'nodemend-agent', 'nodemend-agent']
  await eventually('a target of each monitor', 40_000, async () => {
    const targets = await prometheus.targets()
    return targets.length === jobs.length && targets.every(({ health }) => health === 'up')
  }).catch(async (error) => assert.fail(`${error}: ${JSON.stringify(await prometheus.targets())}`))
  const targets = await prometheus.targets()
  assert.deepEqual(targets.map(({ labels }) => labels.job).sort(), jobs)
  assert.deepEqual(new Set(targets.map(({ labels }) => labels.instance)), new Set([`${podIp}:8080`]))
  // The monitors of the chart add the node, which the page's leaves out.
  const seen = await prometheus.now('count by (job, node) (nodemend_build_info)')
  assert.deepEqual(new Set(seen.map(({ metric }) => metric.node ?? '')), new Set(['', 'worker-1']))
})

/** Everything of the group, written with strict fields, and the monitors as the server has kept them. */
async function takenMonitors({ admin }: ControlPlane): Promise<readonly Monitor[]> {
  const page = readFileSync(join(root, 'docs', 'how-to', 'prometheus.md'), 'utf8')
  const [, block = ''] = /```yaml\n(apiVersion: monitoring[\s\S]*?)```/.exec(page) ?? []
  const byHand = parse(block) as Rendered
  const objects = [
    ...rendered('metrics').filter(({ kind }) => /^(?:ServiceMonitor|PodMonitor|PrometheusRule)$/.test(kind)),
    { ...byHand, metadata: { ...byHand.metadata, name: 'nodemend-by-hand' } },
  ]
  const monitors: Monitor[] = []
  for (const object of objects) {
    const path = `${monitoring}/${object.kind.toLowerCase()}s/${object.metadata.name}?fieldManager=test&fieldValidation=Strict`
    const answer = await admin.send({
      method: 'PATCH',
      path,
      body: object,
      contentType: 'application/apply-patch+yaml',
    })
    assert.ok(answer.status < 300, `${object.kind}: ${JSON.stringify(answer.body)}`)
    if (object.kind !== 'PrometheusRule') monitors.push(answer.body as Monitor) // the object as it is kept
  }
  return monitors
}

/** The chart's Service, and one pod of its DaemonSet as kubelet would report it. */
async function agentPod({ admin }: ControlPlane): Promise<void> {
  const chart = rendered('default')
  const service = chart.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'nodemend-agent')
  const template = chart.find(({ kind }) => kind === 'DaemonSet')?.spec.template
  assert.ok(service && template)
  await admin.apply('/api/v1/namespaces/kube-system/services/nodemend-agent', service)
  await admin.apply('/api/v1/nodes/worker-1', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-1' } })
  const path = '/api/v1/namespaces/kube-system/pods/nodemend-agent-x7k2p'
  const ports = [{ name: 'metrics', containerPort: 8080 }]
  await admin.apply(path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'nodemend-agent-x7k2p', namespace: 'kube-system', labels: template.metadata.labels },
    spec: { nodeName: 'worker-1', containers: [{ name: 'agent', image: 'none', ports }] },
  })
  const status = {
    phase: 'Running',
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    conditions: [{ type: 'Ready', status: 'True' }],
  }
  const contentType = 'application/merge-patch+json'
  const answer = await admin.send({ method: 'PATCH', path: `${path}/status`, body: { status }, contentType })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

/** An agent that watches an empty machine; its port. */
function startAgent(cluster: ControlPlane, folder: string, port: number): number {
  const machine = join(folder, 'machine')
  mkdirSync(join(machine, 'dev'), { recursive: true })
  writeFileSync(join(machine, 'dev', 'kmsg'), '')
  const args = ['--hostname-override=worker-1', `--metrics-address=127.0.0.1:${port}`, `--host-root=${machine}`]
  cluster.processes.start({
    name: 'agent',
    command: process.execPath,
    args: [join(root, 'dist', 'agent.cjs'), ...args],
  })
  return port
}

/** A proxy through which the pod's address is the agent's port; its URL. */
async function podNetwork(t: TestContext, port: number): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const { host, pathname } = new URL(incoming.url ?? '/', 'http://none')
    if (host !== `${podIp}:8080`) return void outgoing.writeHead(502).end()
    const { headers } = incoming
    const asked = request({ host: '127.0.0.1', port, path: pathname, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.once('error', () => outgoing.writeHead(502).end())
    asked.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

function rendered(name: string): readonly Rendered[] {
  return parseAllDocuments(readFileSync(join(root, 'golden', 'chart', `${name}.yaml`), 'utf8')).flatMap(
    (one) => (one.toJS() as Rendered | null) ?? [],
  )
}
