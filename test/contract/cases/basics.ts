/** Objects and lists: create, read, replace, delete, page, select. */
import type { Case } from '../case.ts'

const node = (suffix: string, labels: Readonly<Record<string, string>> = {}): unknown => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `{{case}}-${suffix}`, labels: { case: '{{case}}', ...labels } },
})
const pod = (name: string, extra: Readonly<Record<string, unknown>> = {}): unknown => ({
  metadata: { name, labels: { app: name } },
  spec: {
    containers: [{ name: 'c', image: 'registry.example/app:1.0' }],
    automountServiceAccountToken: false,
    ...extra,
  },
})
const noAccount = {
  'spec.serviceAccount': 'the recorded server admits no service accounts',
  'spec.serviceAccountName': 'the recorded server admits no service accounts',
}
const mine = 'labelSelector=case%3D{{case}}'

export const basicCases: readonly Case[] = [
  {
    name: 'node create get replace delete',
    steps: [
      { call: 'POST /api/v1/nodes', body: node('a'), keep: { uid: 'metadata.uid', rv: 'metadata.resourceVersion' } },
      { call: 'GET /api/v1/nodes/{{case}}-a' },
      { call: 'POST /api/v1/nodes', body: node('a') },
      { call: 'GET /api/v1/nodes/{{case}}-none' },
      { call: 'PUT /api/v1/nodes/{{case}}-a', body: { metadata: { name: '{{case}}-a', resourceVersion: '1' } } },
      { call: 'PUT /api/v1/nodes/{{case}}-a', body: { metadata: { name: '{{case}}-other' } } },
      { call: 'PUT /api/v1/nodes/{{case}}-none', body: { metadata: { name: '{{case}}-none' } } },
      {
        call: 'PUT /api/v1/nodes/{{case}}-a',
        body: { metadata: { name: '{{case}}-a', labels: { new: 'yes' } }, spec: { unschedulable: true } },
      },
      {
        call: 'DELETE /api/v1/nodes/{{case}}-a',
        body: { preconditions: { uid: 'b0000000-0000-4000-8000-000000000000' } },
      },
      { call: 'DELETE /api/v1/nodes/{{case}}-a', body: { preconditions: { resourceVersion: '1' } } },
      { call: 'DELETE /api/v1/nodes/{{case}}-a?dryRun=All' },
      { call: 'DELETE /api/v1/nodes/{{case}}-a', body: { preconditions: { uid: '{{uid}}' } } },
      { call: 'DELETE /api/v1/nodes/{{case}}-a' },
    ],
  },
  {
    name: 'a node may be created with its status',
    steps: [
      {
        call: 'POST /api/v1/nodes',
        body: {
          metadata: { name: '{{case}}-a' },
          spec: { providerID: 'x://1' },
          status: {
            capacity: { cpu: '4000m', memory: '8388608Ki', pods: 110, odd: '1.5' },
            conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
            nodeInfo: { bootID: 'b' },
          },
        },
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a',
        type: 'application/merge-patch+json',
        body: { spec: { providerID: 'x://2' } },
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a',
        type: 'application/merge-patch+json',
        body: { status: { phase: 'Running' } },
      },
    ],
  },
  {
    name: 'lists page and continue',
    steps: [
      ...['a', 'b', 'c', 'd', 'e'].map((suffix) => ({
        call: 'POST /api/v1/nodes',
        body: node(suffix),
        show: ['metadata.name'],
      })),
      {
        call: `GET /api/v1/nodes?${mine}`,
        show: ['kind', 'apiVersion', 'items.length', 'metadata', 'items.0.kind', 'items.0.metadata.name'],
      },
      {
        call: `GET /api/v1/nodes?${mine}&limit=2`,
        show: ['metadata', 'items.0.metadata.name', 'items.1.metadata.name', 'items.2'],
        keep: { token: 'metadata.continue' },
      },
      { call: 'POST /api/v1/nodes', body: node('bb'), show: ['metadata.name'] },
      { call: 'DELETE /api/v1/nodes/{{case}}-d', show: ['status'] },
      {
        call: `GET /api/v1/nodes?${mine}&limit=2&continue={{token}}`,
        show: ['metadata', 'items.0.metadata.name', 'items.1.metadata.name'],
        keep: { token: 'metadata.continue' },
      },
      {
        call: `GET /api/v1/nodes?${mine}&limit=2&continue={{token}}`,
        show: ['metadata', 'items.0.metadata.name', 'items.1'],
      },
      { call: `GET /api/v1/nodes?${mine}&limit=2&continue=garbage`, brief: true },
      { call: `GET /api/v1/nodes?${mine}&limit=2&continue={{token}}&resourceVersion=5`, brief: true },
    ],
  },
  {
    name: 'pages of a namespace count the rest',
    steps: [
      ...['a', 'b', 'c'].map((name) => ({
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name }, data: { name } },
        show: ['metadata.name'],
      })),
      { call: 'GET /api/v1/namespaces/{{case}}/configmaps?limit=1', keep: { token: 'metadata.continue' } },
      { call: 'GET /api/v1/namespaces/{{case}}/configmaps?limit=1&continue={{token}}' },
      { call: 'GET /api/v1/namespaces/{{case}}/configmaps?limit=50' },
      { call: 'GET /api/v1/namespaces/{{case}}-none/configmaps' },
    ],
  },
  {
    name: 'label selectors',
    steps: [
      { call: 'POST /api/v1/nodes', body: node('a', { tier: 'web', n: '1' }), show: ['metadata.name'] },
      { call: 'POST /api/v1/nodes', body: node('b', { tier: 'db', n: '5' }), show: ['metadata.name'] },
      { call: 'POST /api/v1/nodes', body: node('c'), show: ['metadata.name'] },
      ...[
        'tier%3Dweb',
        'tier!%3Dweb',
        'tier+in+(web,db)',
        'tier+notin+(web)',
        'tier',
        '!tier',
        'tier%3D%3Ddb,n%3D5',
        'n%3E2',
      ].map((selector) => ({
        call: `GET /api/v1/nodes?labelSelector=case%3D{{case}},${selector}`,
        show: ['items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name'],
      })),
      { call: 'GET /api/v1/nodes?labelSelector=a+b+c', brief: true },
      { call: 'GET /api/v1/nodes?labelSelector=a+in+(', brief: true },
    ],
  },
  {
    name: 'field selectors',
    steps: [
      { call: 'POST /api/v1/nodes', body: node('n1'), show: ['metadata.name'] },
      {
        call: 'POST /api/v1/namespaces/{{case}}/pods',
        body: pod('bound', { nodeName: '{{case}}-n1' }),
        show: ['metadata.name', 'spec.nodeName'],
      },
      { call: 'POST /api/v1/namespaces/{{case}}/pods', body: pod('free'), show: ['metadata.name', 'spec.nodeName'] },
      ...[
        'spec.nodeName%3D{{case}}-n1',
        'spec.nodeName%3D',
        'metadata.name%3Dfree',
        'metadata.name!%3Dfree',
        'status.phase%3DPending',
        'status.phase!%3DPending',
        'spec.nodeName%3D{{case}}-n1,status.phase!%3DFailed',
        'metadata.namespace%3D{{case}}',
        'spec.restartPolicy%3DNever',
      ].map((selector) => ({
        call: `GET /api/v1/namespaces/{{case}}/pods?fieldSelector=${selector}`,
        show: ['items.0.metadata.name', 'items.1.metadata.name'],
      })),
      {
        call: 'GET /api/v1/pods?fieldSelector=spec.nodeName%3D{{case}}-n1',
        show: ['items.0.metadata.name', 'items.1'],
      },
      { call: 'GET /api/v1/namespaces/{{case}}/pods?fieldSelector=spec.foo%3Dx' },
      { call: 'GET /api/v1/nodes?fieldSelector=status.phase%3Dx' },
      { call: 'GET /apis/coordination.k8s.io/v1/leases?fieldSelector=spec.holderIdentity%3Dx' },
      { call: 'GET /apis/apps/v1/deployments?fieldSelector=spec.x%3Dx' },
      { call: 'GET /api/v1/nodes?fieldSelector=nonsense', brief: true },
    ],
  },
  {
    name: 'list versions',
    steps: [
      {
        call: 'POST /api/v1/nodes',
        body: node('a'),
        keep: { rv: 'metadata.resourceVersion' },
        show: ['metadata.name'],
      },
      { call: 'POST /api/v1/nodes', body: node('b'), show: ['metadata.name'] },
      {
        call: `GET /api/v1/nodes?${mine}&resourceVersion={{rv}}&resourceVersionMatch=Exact`,
        show: ['items.0.metadata.name', 'items.1'],
      },
      {
        call: `GET /api/v1/nodes?${mine}&resourceVersion={{rv}}&resourceVersionMatch=NotOlderThan`,
        show: ['items.0.metadata.name', 'items.1.metadata.name'],
      },
      { call: `GET /api/v1/nodes?${mine}&resourceVersion=0`, show: ['items.0.metadata.name'] },
      { call: `GET /api/v1/nodes?${mine}&resourceVersionMatch=Exact` },
      { call: `GET /api/v1/nodes?${mine}&resourceVersion=0&resourceVersionMatch=Exact` },
      { call: `GET /api/v1/nodes?${mine}&resourceVersion={{rv}}&resourceVersionMatch=Sometimes`, brief: true },
      { call: `GET /api/v1/nodes?${mine}&resourceVersion=abc` },
    ],
  },
  {
    name: 'generate name',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { generateName: 'gen-' } },
        ignore: { 'metadata.name': 'random' },
      },
      { call: 'POST /api/v1/namespaces/{{case}}/configmaps', body: { metadata: {} } },
    ],
  },
  {
    name: 'pods are defaulted',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{{case}}/pods',
        ignore: noAccount,
        body: pod('a', {
          containers: [
            {
              name: 'c',
              image: 'x',
              ports: [{ containerPort: 80 }],
              resources: { limits: { cpu: '0.5', memory: '1Gi' } },
            },
          ],
        }),
      },
      {
        call: 'POST /api/v1/namespaces/{{case}}/pods',
        ignore: noAccount,
        body: pod('b', { hostNetwork: false, tolerations: [{ operator: 'Exists' }] }),
      },
      { call: 'GET /api/v1/namespaces/{{case}}/pods/a/status', show: ['status'] },
    ],
  },
  {
    name: 'deleting a collection',
    steps: [
      ...['a', 'b'].map((name) => ({
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name, labels: { x: name } } },
        show: ['metadata.name'],
      })),
      {
        call: 'DELETE /api/v1/namespaces/{{case}}/configmaps?labelSelector=x%3Da',
        show: ['kind', 'items.0.metadata.name', 'items.1'],
      },
      { call: 'GET /api/v1/namespaces/{{case}}/configmaps', show: ['items.0.metadata.name', 'items.1'] },
    ],
  },
]
