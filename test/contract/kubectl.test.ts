import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startModels } from '../../src/embedded/model/models.ts'
import { type Embedded, startEmbedded } from '../../src/embedded/server.ts'
import { seededRandom, systemClock } from '../../src/telemetry/clock.ts'
import { hasKubectl, type Kubectl, kubectlFor } from './kubectl.ts'

interface Place {
  readonly server: Embedded
  readonly kubectl: Kubectl
  /** Runs kubectl, which must succeed, and returns what it printed. */
  ok(args: string, input?: string): Promise<string>
}

const groups = [{ name: 'demo', size: 3, replaceMs: 300 }]

/** A server with three modelled nodes and a kubectl for it; undefined, with the test skipped, without kubectl. */
async function place(t: TestContext, crds: readonly object[] = []): Promise<Place | undefined> {
  if (!hasKubectl()) {
    t.skip('SKIPPED, NOT TESTED: there is no kubectl on the PATH')
    return undefined
  }
  const server = await startEmbedded({ clock: systemClock, random: seededRandom(5), crds })
  const models = startModels(server.cluster, { groups, kubelet: { podStartMs: 50, podStopMs: 50 } })
  const kubectl = kubectlFor(server.kubeconfig())
  t.after(async () => {
    models.stop()
    kubectl.close()
    await server.stop()
  })
  const ok = async (args: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl.run(args, input)
    assert.equal(code, 0, `kubectl ${args}: ${stderr}`)
    return stdout
  }
  return { server, kubectl, ok }
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "web:1"}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
`

const firstNode = async (ok: Place['ok']): Promise<string> =>
  (await ok('get nodes -o jsonpath={.items[0].metadata.name}')).trim()

test('kubectl gets and describes', async (t) => {
  const it = await place(t)
  if (!it) return
  await it.ok('wait --for=condition=Ready nodes --all --timeout=20s')
  const wide = await it.ok('get nodes -o wide')
  assert.match(wide, /^NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION\s+INTERNAL-IP\s+EXTERNAL-IP\s+OS-IMAGE/)
  assert.equal(wide.trim().split('\n').length, 4)
  assert.match(wide, /demo-\w{5}\s+Ready\s+<none>\s+\S+\s+v1\.36\.3\s+10\.0\.0\.2/)
  const described = await it.ok(`describe node ${await firstNode(it.ok)}`)
  for (const part of ['RenewTime', 'KubeletReady', 'Allocatable:', 'Non-terminated Pods:', 'Boot ID']) {
    assert.ok(described.includes(part), `describe shows ${part}`)
  }
  assert.match(await it.ok('get leases -n kube-node-lease'), /NAME\s+HOLDER\s+AGE/)
  assert.match(await it.ok('api-resources'), /poddisruptionbudgets\s+pdb\s+policy\/v1\s+true\s+PodDisruptionBudget/)
  assert.match(await it.ok('explain node.spec.taints'), /FIELD: taints <\[\]Taint>/)
  assert.match(await it.ok('auth whoami'), /nodemend-admin/)
  assert.match(await it.ok('auth can-i delete nodes'), /yes/)
})

test('kubectl patches, labels, taints, cordons', async (t) => {
  const it = await place(t)
  if (!it) return
  await it.ok('wait --for=condition=Ready nodes --all --timeout=20s')
  const node = await firstNode(it.ok)
  await it.ok(`patch node ${node} -p {"metadata":{"labels":{"x":"y"}}}`)
  await it.ok(`patch node ${node} --type=json -p [{"op":"replace","path":"/metadata/labels/x","value":"z"}]`)
  await it.ok(`patch node ${node} --subresource=status --type=merge -p {"status":{"phase":"Running"}}`)
  await it.ok(`taint node ${node} example.com/sick=true:NoSchedule`)
  await it.ok(`annotate node ${node} note=here`)
  await it.ok(`cordon ${node}`)
  const read = JSON.parse(await it.ok(`get node ${node} -o json`))
  assert.equal(read.metadata.labels.x, 'z')
  assert.equal(read.metadata.annotations.note, 'here')
  assert.equal(read.spec.unschedulable, true)
  assert.equal(read.status.phase, 'Running')
  assert.ok(read.spec.taints.some((taint: { key: string }) => taint.key === 'example.com/sick'))
  assert.match(await it.ok('get nodes'), /Ready,SchedulingDisabled/)
  await it.ok(`taint node ${node} example.com/sick-`)
  await it.ok(`uncordon ${node}`)
  const after = JSON.parse(await it.ok(`get node ${node} -o json`))
  assert.equal(after.spec.unschedulable, undefined)
})

test('kubectl applies on both sides', async (t) => {
  const it = await place(t)
  if (!it) return
  const map = (value: string): string =>
    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"${value}","b":"1"}}`
  assert.match(await it.ok('apply --server-side -f -', map('1')), /serverside-applied/)
  assert.match(await it.ok('apply --server-side --field-manager=other -f -', map('1')), /serverside-applied/)
  const refused = await it.kubectl.run('apply --server-side --field-manager=third -f -', map('2'))
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /Apply failed with 1 conflict|Apply failed with 2 conflicts/)
  assert.match(await it.ok('apply --server-side --field-manager=third --force-conflicts -f -', map('2')), /applied/)
  const other = map('1').replace('"c"', '"d"')
  assert.match(await it.ok('apply -f -', other), /configmap\/d created/)
  assert.match(await it.ok('apply -f -', other.replace('"b":"1"', '"z":"1"')), /configmap\/d configured/)
  assert.deepEqual(JSON.parse(await it.ok('get cm d -o jsonpath={.data}')), { a: '1', z: '1' })
  const strict = await it.kubectl.run('apply --server-side -f -', map('1').replace('"data"', '"dato"'))
  assert.equal(strict.code, 1)
})

test('kubectl drains a node under a budget', async (t) => {
  const it = await place(t)
  if (!it) return
  await it.ok('apply -f -', deployment)
  await it.ok('rollout status deployment/web --timeout=20s')
  const node = (await it.ok('get pods -l app=web -o jsonpath={.items[0].spec.nodeName}')).trim()
  const drained = await it.kubectl.run(`drain ${node} --ignore-daemonsets --delete-emptydir-data --timeout=40s`)
  assert.equal(drained.code, 0, drained.stderr)
  assert.match(drained.stdout, /evicted/)
  await it.ok('rollout status deployment/web --timeout=20s')
  const elsewhere = await it.ok('get pods -l app=web -o jsonpath={.items[*].spec.nodeName}')
  assert.ok(!elsewhere.includes(node), 'the pods run on other nodes')
  assert.match(await it.ok('get pdb'), /web\s+2\s+N\/A\s+1\s/)
  await it.ok('scale deployment web --replicas=2')
  await it.ok('rollout status deployment/web --timeout=20s')
  const stuck = await it.kubectl.run(`drain ${elsewhere.split(' ')[0]} --ignore-daemonsets --timeout=2s`)
  assert.equal(stuck.code, 1)
  assert.match(stuck.stderr, /violate the pod's disruption budget|global timeout/)
})

test('kubectl deletes, and waits for a replacement', async (t) => {
  const it = await place(t)
  if (!it) return
  const node = await firstNode(it.ok)
  assert.match(await it.ok(`delete node ${node}`), /node "demo-\w{5}" deleted/)
  await it.ok('wait --for=condition=Ready nodes --all --timeout=20s')
  assert.equal((await it.kubectl.run(`get node ${node}`)).code, 1)
  await it.ok('create namespace brief')
  await it.ok('create configmap c -n brief')
  await it.ok('delete namespace brief --timeout=20s')
  assert.match((await it.kubectl.run('get namespace brief')).stderr, /NotFound/)
})

test('kubectl follows events', async (t) => {
  const it = await place(t)
  if (!it) return
  const event = (name: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'demo-x' },
      reason: 'XidError',
      message: `${name} fell off the bus`,
      type: 'Warning',
      source: { component: 'nodemend' },
      firstTimestamp: new Date(systemClock.now()).toISOString(),
      lastTimestamp: new Date(systemClock.now()).toISOString(),
      count: 1,
    })
  await it.ok('create -f -', event('first'))
  const create = async (): Promise<void> => void (await it.ok('create -f -', event('second')))
  const text = await it.kubectl.until('events -w', (seen) => seen.includes('second fell'), create)
  assert.match(text, /Warning\s+XidError\s+Node\/demo-x\s+first fell off the bus/)
  assert.match(text, /second fell off the bus/)
  assert.match(await it.ok('get events'), /XidError\s+node\/demo-x\s+first fell off the bus/)
})

test('kubectl gets custom objects with their columns', async (t) => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } } },
            },
          },
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        },
      ],
    },
  }
  const it = await place(t, [definition])
  if (!it) return
  const widget = '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":3}}'
  await it.ok('apply --server-side -f -', widget)
  assert.match(await it.ok('get wd'), /NAME\s+SIZE\nw\s+3/)
  assert.match(await it.ok('get crd'), /widgets\.example\.com/)
  assert.match(await it.ok('explain widget.spec'), /size\s+<integer>/)
  assert.match(await it.ok('describe widget w'), /Size:\s+3/)
  const bad = await it.kubectl.run('apply --server-side -f -', widget.replace('3', '0'))
  assert.match(bad.stderr, /spec\.size in body should be greater than or equal to 1/)
  await it.ok('delete crd widgets.example.com --timeout=20s')
  assert.match((await it.kubectl.run('get wd')).stderr, /doesn't have a resource type|could not find/)
})
