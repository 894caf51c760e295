import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { startEmbedded } from '../../src/embedded/server.ts'
import { seededRandom, systemClock } from '../../src/telemetry/clock.ts'
import { clusterFor } from '../cluster/suite.ts'
import { hasKubectl, type Kubectl, kubectlFor } from './kubectl.ts'

/** A command, and what goes to its standard input. */
type Command = readonly [string, string?]

const node = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', labels: { 'node-role.kubernetes.io/worker': '' } },
  spec: { providerID: 'x://1' },
  status: {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'ok',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
    nodeInfo: {
      kubeletVersion: 'v1.36.3',
      osImage: 'Linux',
      kernelVersion: '6.12',
      containerRuntimeVersion: 'c://1',
      architecture: 'amd64',
    },
  },
})
const pod = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web' } },
    spec: {
      nodeName: 'n1',
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'x:1', resources: { requests: { cpu: '100m' } } }],
    },
  })
const budget = JSON.stringify({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
})
const definition = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer', maximum: 5 } } } },
          },
        },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      },
    ],
  },
})
const widget = (size: number): string =>
  JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size } })
const map = (value: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: value } })

/** A budget with the status of a disruption controller, because kubectl waits for it and none runs. */
const judged = 'patch pdb b --subresource=status --type=merge -p {"status":{"observedGeneration":1,"desiredHealthy":1}}'

const commands: readonly Command[] = [
  ['create -f -', node],
  ['create -f -', node],
  ['get nodes'],
  ['get nodes -o wide --show-labels'],
  ['get node n1 -o yaml --show-managed-fields'],
  ['describe node n1'],
  ['taint node n1 k=v:NoSchedule'],
  ['taint node n1 k=v:NoSchedule'],
  ['taint node n1 node.kubernetes.io/not-ready-'],
  ['cordon n1'],
  ['label node n1 a=b'],
  ['annotate node n1 x=y'],
  ['patch node n1 -p {"spec":{"unschedulable":null}}'],
  ['get node n1 -o jsonpath={.spec}'],
  ['create -f -', pod('p1')],
  ['get pods -o wide'],
  ['describe pod p1'],
  ['create -f -', budget],
  ['patch pod p1 --subresource=status --type=merge -p {"status":{"phase":"Running"}}'],
  [judged],
  ['drain n1 --force --timeout=1s'],
  ['get pdb'],
  ['describe pdb b'],
  ['delete pod p1 --grace-period=0 --force'],
  ['get pods'],
  ['apply --server-side -f -', map('1')],
  ['apply --server-side --field-manager=other -f -', map('2')],
  ['apply --server-side --field-manager=other --force-conflicts -f -', map('2')],
  ['get cm c -o yaml --show-managed-fields'],
  ['apply -f -', map('3').replace('"c"', '"d"')],
  ['apply -f -', map('4').replace('"c"', '"d"')],
  ['apply -f - --dry-run=server', map('5').replace('"c"', '"d"')],
  ['diff -f -', map('5').replace('"c"', '"d"')],
  ['create namespace brief'],
  ['create configmap e --from-literal=a=b -n brief'],
  ['create deployment web --image=x --replicas=2 -n brief'],
  ['scale deployment web --replicas=3 -n brief'],
  ['get deployments,rs -o wide -n brief'],
  ['set image deployment/web x=y -n brief'],
  ['create -f -', definition],
  ['wait --for=condition=Established crd/widgets.example.com --timeout=20s'],
  ['get widgets'],
  ['apply --server-side -f -', widget(3)],
  ['apply --server-side -f -', widget(9)],
  ['get widgets -o wide'],
  ['explain widget.spec'],
  ['delete widget w'],
  ['get leases -A -l none=such'],
  ['get events -A'],
  ['get nodes --field-selector spec.unschedulable=true'],
  ['get nodes --field-selector spec.nonsense=true'],
  ['get nonsense'],
  ['get node nobody'],
  ['delete node n1'],
  ['delete node n1'],
  ['delete ns kube-system'],
]

/** Ages, ids, times and addresses differ between two servers and two runs. */
function plain(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]+ [+-]\d{4}/g, '<time>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/resourceVersion: "\d+"/g, 'resourceVersion: <rv>')
    .replaceAll(/\b\d+(s|m\d*s?)\b/g, '<age>')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/\/tmp\/\S+/g, '<file>')
    .replaceAll(/^(diff|\+\+\+|---) .*$/gm, '<diff>')
    .replaceAll(/^WARNING: version difference.*\n/gm, '')
    .replaceAll(/^Service Account:.*\n/gm, '') // the recorded server admits no service accounts
}

/** A kube-apiserver publishes the schema of a new resource after it serves it, and `explain` needs the schema. */
async function answerOf(kubectl: Kubectl, args: string, input: string | undefined) {
  for (let tries = 0; ; tries++) {
    const answer = await kubectl.run(args, input)
    if (!args.startsWith('explain') || answer.code === 0 || tries === 20) return answer
  }
}

async function conversation(kubectl: Kubectl): Promise<readonly string[]> {
  const said: string[] = []
  for (const [args, input] of commands) {
    const { code, stdout, stderr } = await answerOf(kubectl, args, input)
    said.push(plain(`$ kubectl ${args}\n[${code}]\n${stdout}${stderr}`))
  }
  return said
}

test('kubectl prints the same with the embedded server and with a real one', async (t: TestContext) => {
  if (!hasKubectl()) return t.skip('SKIPPED, NOT TESTED: there is no kubectl on the PATH')
  const cluster = await clusterFor(t)
  if (!cluster) return
  const server = await startEmbedded({ clock: systemClock, random: seededRandom(9) })
  t.after(() => server.stop())
  const places = [server.kubeconfig(), readFileSync(cluster.kubeconfig('admin'), 'utf8')].map(kubectlFor)
  t.after(() => {
    for (const one of places) one.close()
  })
  const [mine, real] = await Promise.all(places.map(conversation))
  assert.deepEqual(mine, real)
})
