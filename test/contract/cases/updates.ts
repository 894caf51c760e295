/** PUT, and what no write may change. */
import type { Case, Step } from '../case.ts'

const merge = 'application/merge-patch+json'
const json = 'application/json-patch+json'
const apply = 'application/apply-patch+yaml'
const node = (name: string, extra: Readonly<Record<string, unknown>> = {}): Step => ({
  call: 'POST /api/v1/nodes',
  body: { metadata: { name: `{{case}}-${name}`, labels: { a: '1' }, annotations: { n: 'x' } }, ...extra },
  show: ['metadata.name'],
  keep: { rv: 'metadata.resourceVersion', uid: 'metadata.uid', created: 'metadata.creationTimestamp' },
})
const put = (path: string, body: unknown, show?: readonly string[]): Step => ({
  call: `PUT ${path}`,
  body,
  ...(show ? { show } : {}),
})
const wrongUid = 'b0000000-0000-4000-8000-000000000000'

export const updateCases: readonly Case[] = [
  {
    name: 'put replaces what it may',
    steps: [
      node('a', { spec: { unschedulable: true }, status: { phase: 'Running' } }),
      put('/api/v1/nodes/{{case}}-a', { metadata: { name: '{{case}}-a' } }),
      put('/api/v1/nodes/{{case}}-a', { metadata: { name: '{{case}}-a', resourceVersion: '{{rv}}' } }),
      put('/api/v1/nodes/{{case}}-a', { metadata: { name: '{{case}}-a', uid: wrongUid } }),
      put('/api/v1/nodes/{{case}}-a', {
        metadata: { name: '{{case}}-a', uid: '{{uid}}', creationTimestamp: '2026-01-01T00:00:00Z' },
      }),
      put('/api/v1/nodes/{{case}}-a', {
        metadata: { name: '{{case}}-a', generation: 7, deletionTimestamp: '2026-01-01T00:00:00Z' },
      }),
      put('/api/v1/nodes/{{case}}-a', { metadata: {} }),
      put('/api/v1/nodes/{{case}}-a?dryRun=All', { metadata: { name: '{{case}}-a', labels: { dry: '1' } } }, [
        'metadata.labels',
      ]),
      put('/api/v1/nodes/{{case}}-a?fieldManager=editor', { metadata: { name: '{{case}}-a', labels: { dry: '2' } } }, [
        'metadata.labels',
        'metadata.managedFields',
      ]),
      put('/api/v1/nodes/{{case}}-a/status', {
        metadata: { name: '{{case}}-a', labels: { from: 'status' } },
        spec: { unschedulable: true },
        status: { phase: 'Terminated', conditions: [{ type: 'X', status: 'True' }] },
      }),
      { call: 'GET /api/v1/nodes/{{case}}-a/status' },
    ],
  },
  {
    name: 'patches cannot change identity',
    steps: [
      node('a'),
      { call: 'PATCH /api/v1/nodes/{{case}}-a', type: merge, body: { metadata: { uid: wrongUid } } },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a',
        type: merge,
        body: { metadata: { creationTimestamp: null, generation: 9 } },
        show: ['metadata'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a',
        type: json,
        body: [{ op: 'remove', path: '/metadata/uid' }],
        show: ['metadata.uid', 'code'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a',
        type: json,
        body: [
          { op: 'replace', path: '/metadata/resourceVersion', value: '{{rv}}' },
          { op: 'add', path: '/metadata/labels/z', value: '1' },
        ],
        show: ['code', 'reason', 'metadata.labels'],
      },
      { call: 'PATCH /api/v1/nodes/{{case}}-a', type: merge, body: { kind: 'Pod' }, brief: true },
      { call: 'PATCH /api/v1/nodes/{{case}}-a', type: merge, body: { apiVersion: 'v2' }, brief: true },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a',
        type: merge,
        body: { metadata: { labels: null, annotations: {} } },
        show: ['metadata.labels', 'metadata.annotations'],
      },
      { call: 'PATCH /api/v1/nodes/{{case}}-a', type: merge, body: { metadata: { labels: { 'bad key!': '1' } } } },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a',
        type: merge,
        body: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'x', uid: wrongUid }] } },
        show: ['metadata.ownerReferences'],
      },
    ],
  },
  {
    name: 'apply with identity',
    steps: [
      node('a'),
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a?fieldManager=m',
        type: apply,
        body: { apiVersion: 'v1', kind: 'Node', metadata: { name: '{{case}}-a', uid: wrongUid, labels: { q: '1' } } },
        show: ['code', 'reason', 'message'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a?fieldManager=m',
        type: apply,
        body: {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: '{{case}}-a', resourceVersion: '1', labels: { q: '1' } },
        },
        show: ['code', 'reason', 'message'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a?fieldManager=m',
        type: apply,
        body: { apiVersion: 'v1', kind: 'Node', metadata: { labels: { q: '1' } } },
        show: ['code', 'reason', 'metadata.labels'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a?fieldManager=m',
        type: apply,
        body: { apiVersion: 'v1', kind: 'Node', metadata: { name: '{{case}}-a', labels: { q: '1', a: '2' } } },
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a?fieldManager=m&force=true',
        type: apply,
        body: { apiVersion: 'v1', kind: 'Node', metadata: { name: '{{case}}-a', labels: { q: '1', a: '2' } } },
        show: ['metadata.labels', 'metadata.managedFields'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-a?fieldManager=m',
        type: apply,
        body: { apiVersion: 'v1', kind: 'Node', metadata: { name: '{{case}}-a' } },
        show: ['metadata.labels', 'metadata.managedFields'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-new?fieldManager=m',
        type: apply,
        body: { apiVersion: 'v1', kind: 'Node', metadata: { name: '{{case}}-new', uid: wrongUid } },
        show: ['code', 'reason', 'message'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-new?fieldManager=m',
        type: apply,
        body: { apiVersion: 'v1', kind: 'Node', metadata: { name: '{{case}}-new', resourceVersion: '5' } },
        show: ['code', 'reason', 'message'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}-new?fieldManager=m',
        type: apply,
        body: {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: '{{case}}-new' },
          spec: { providerID: 'p://1' },
          status: { phase: 'Running' },
        },
      },
    ],
  },
  {
    name: 'status of a pod and of a budget',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{{case}}/pods',
        body: {
          metadata: { name: 'p' },
          spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'x' }] },
          status: { phase: 'Running' },
        },
        show: ['status'],
      },
      put(
        '/api/v1/namespaces/{{case}}/pods/p/status',
        {
          metadata: { name: 'p', labels: { l: '1' } },
          spec: { nodeName: 'n', containers: [{ name: 'c', image: 'y' }] },
          status: { phase: 'Failed', reason: 'Evicted', message: 'm', startTime: '2026-01-01T00:00:00Z' },
        },
        ['status', 'spec.nodeName', 'spec.containers.0.image', 'metadata.labels', 'metadata.managedFields'],
      ),
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/pods/p/status?fieldManager=nodemend',
        type: apply,
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p' },
          status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'R' }] },
        },
        show: ['status', 'metadata.managedFields'],
      },
      {
        call: 'POST /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets',
        body: { metadata: { name: 'b' }, spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 5 } },
      },
      put(
        '/apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets/b/status',
        { metadata: { name: 'b' }, status: { disruptionsAllowed: 1 } },
        ['code', 'reason', 'message'],
      ),
      {
        call: 'PATCH /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets/b/status',
        type: merge,
        body: {
          status: {
            disruptionsAllowed: 1,
            currentHealthy: 2,
            desiredHealthy: 1,
            expectedPods: 2,
            observedGeneration: 1,
          },
        },
        show: ['status', 'spec', 'metadata.managedFields'],
      },
      put('/api/v1/namespaces/{{case}}/pods/none/status', { metadata: { name: 'none' } }),
    ],
  },
  {
    name: 'deletes with odd bodies',
    steps: [
      node('a'),
      { call: 'DELETE /api/v1/nodes/{{case}}-a', text: '{', brief: true },
      { call: 'DELETE /api/v1/nodes/{{case}}-a', body: { kind: 'Pod', apiVersion: 'v1' }, brief: true },
      {
        call: 'DELETE /api/v1/nodes/{{case}}-a',
        body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] },
        show: ['status'],
      },
      { call: 'DELETE /api/v1/nodes/{{case}}-a', body: { dryRun: ['Nope'] }, brief: true },
      {
        call: 'DELETE /api/v1/nodes/{{case}}-a',
        body: { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', propagationPolicy: 'Background' },
        show: ['status', 'details.kind', 'details.name'],
      },
      { call: 'DELETE /apis/coordination.k8s.io/v1/namespaces/{{case}}/leases/none' },
      { call: 'DELETE /apis/coordination.k8s.io/v1/namespaces/{{case}}/leases', show: ['kind', 'apiVersion', 'items'] },
    ],
  },
  {
    name: 'names',
    steps: [
      ...['UPPER', 'under_score', '-start', 'end-', 'dot..dot', 'a'.repeat(254)].map((name) => ({
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name } },
      })),
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name: 'ok.name-1' } },
        show: ['metadata.name'],
      },
      { call: 'POST /api/v1/namespaces', body: { metadata: { name: 'with.dot' } } },
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name: 'l', labels: { [`${'x'.repeat(64)}`]: 'v' } } },
      },
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name: 'l', labels: { 'a/b/c': 'v' } } },
      },
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name: 'l', labels: { 'Bad_Prefix/x': 'v' } } },
      },
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name: 'l', annotations: { 'bad key': 'v' } } },
      },
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name: 'l', labels: { k: 'v'.repeat(64) } } },
      },
      { call: 'POST /api/v1/namespaces/{{case}}/pods', body: { metadata: { name: 'p' }, spec: { containers: [] } } },
      {
        call: 'POST /api/v1/namespaces/{{case}}/pods',
        body: {
          metadata: { name: 'p' },
          spec: { containers: [{ name: 'a' }, { name: 'a', image: 'x' }], restartPolicy: 'Sometimes' },
        },
        show: ['code', 'reason', 'details.causes'],
      },
    ],
  },
]
