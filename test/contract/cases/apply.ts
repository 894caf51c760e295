/** Server-side apply: ownership, conflicts, removal, status. */
import type { Case, Step } from '../case.ts'

const type = 'application/apply-patch+yaml'
const meta = { apiVersion: 'v1', kind: 'Node', metadata: { name: '{{case}}' } }
const managed = ['metadata.managedFields', 'metadata.resourceVersion']

function conditions(
  manager: string,
  list: readonly unknown[],
  query = '',
  show: readonly string[] = ['status.conditions', ...managed],
): Step {
  return {
    call: `PATCH /api/v1/nodes/{{case}}/status?fieldManager=${manager}${query}`,
    type,
    body: { ...meta, status: { conditions: list } },
    show,
  }
}
const ours = (status: string, reason = 'Fine'): unknown => ({
  type: 'KernelReady',
  status,
  reason,
  message: 'm',
  lastHeartbeatTime: '2026-01-01T00:00:00Z',
  lastTransitionTime: '2026-01-01T00:00:00Z',
})
const register: Step = {
  call: 'POST /api/v1/nodes?fieldManager=kubelet',
  body: {
    metadata: { name: '{{case}}', labels: { a: '1' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  },
  show: ['metadata.managedFields', 'status.conditions'],
}

export const applyCases: readonly Case[] = [
  {
    name: 'conditions of two owners stand side by side',
    steps: [
      register,
      {
        call: 'PATCH /api/v1/nodes/{{case}}/status?fieldManager=kubelet',
        type: 'application/strategic-merge-patch+json',
        body: { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] } },
        show: managed,
      },
      conditions('nodemend', [ours('True')], '&force=true'),
      conditions('nodemend', [ours('True')], '&force=true'),
      conditions('nodemend', [ours('False', 'Broken'), { type: 'StorageReady', status: 'True' }], '&force=true'),
      conditions('nodemend', [{ type: 'StorageReady', status: 'True' }], '&force=true'),
      conditions('other', [{ type: 'StorageReady', status: 'False' }], '', ['message', 'reason', 'details', 'code']),
      conditions('other', [{ type: 'StorageReady', status: 'False' }], '&force=true'),
      conditions('nodemend', [], '&force=true'),
      conditions('nodemend', [{ type: 'Ready', status: 'False' }], '', ['message', 'reason', 'details', 'code']),
    ],
  },
  {
    name: 'apply to an unknown node status creates nothing',
    steps: [
      conditions('nodemend', [ours('True')], '&force=true', ['status', 'message', 'reason', 'code', 'details']),
      { call: 'GET /api/v1/nodes/{{case}}', show: ['code'] },
    ],
  },
  {
    name: 'apply creates and prunes',
    steps: [
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'c', labels: { l: '1' } },
          data: { a: '1', b: '2' },
        },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=two',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1', z: '9' } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { b: '2' } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { z: '8', b: '3' } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one&force=true',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { z: '8', b: '3' } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=edit',
        type: 'application/merge-patch+json',
        body: { data: { z: '7', n: 'x' } },
        show: ['data', ...managed],
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { z: '8' } },
      },
      {
        call: 'PUT /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=put',
        body: { metadata: { name: 'c' }, data: { only: 'this' } },
        show: ['data', ...managed],
      },
    ],
  },
  {
    name: 'apply refuses',
    steps: [
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'c' } },
        brief: true,
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'c' } },
        brief: true,
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } },
        brief: true,
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', managedFields: [] } },
        brief: true,
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, nonsense: 1 },
        brief: true,
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one&fieldValidation=Strict',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, nonsense: 1 },
        brief: true,
      },
      { call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c?fieldManager=one', type, text: 'a: [', brief: true },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}-none/configmaps/c?fieldManager=one',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/from-yaml?fieldManager=yaml',
        type,
        text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-yaml\ndata: {a: "1"}\n',
        show: ['data', 'metadata.managedFields'],
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/d?fieldManager=one&dryRun=All',
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'd' }, data: { a: '1' } },
        show: ['data', 'metadata.managedFields'],
      },
      { call: 'GET /api/v1/namespaces/{{case}}/configmaps/d', show: ['code'] },
    ],
  },
  {
    name: 'apply keyed and atomic lists',
    steps: [
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/pods/p?fieldManager=one',
        type,
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p' },
          spec: {
            automountServiceAccountToken: false,
            containers: [{ name: 'c', image: 'x:1', env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] }],
          },
        },
        ignore: {
          'spec.serviceAccount': 'the recorded server admits no service accounts',
          'spec.serviceAccountName': 'the recorded server admits no service accounts',
        },
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/pods/p?fieldManager=two',
        type,
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p', annotations: { x: 'y' }, finalizers: ['example.com/f'] },
        },
        show: managed,
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/pods/p?fieldManager=two',
        type,
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p' },
          spec: { containers: [{ name: 'c', image: 'x:2' }] },
        },
        show: ['message', 'reason', 'details'],
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/pods/p?fieldManager=two&force=true',
        type,
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p' },
          spec: { containers: [{ name: 'c', image: 'x:2' }] },
        },
        show: ['spec.containers', 'metadata.finalizers', ...managed],
      },
    ],
  },
  {
    name: 'taints are owned as a whole',
    steps: [
      register,
      {
        call: 'PATCH /api/v1/nodes/{{case}}?fieldManager=one&force=true',
        type,
        body: { ...meta, spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
        show: ['spec', ...managed],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}?fieldManager=two',
        type,
        body: { ...meta, spec: { taints: [{ key: 'b', effect: 'NoSchedule' }] } },
        show: ['message', 'details'],
      },
      { call: 'PATCH /api/v1/nodes/{{case}}?fieldManager=one', type, body: { ...meta }, show: ['spec', ...managed] },
    ],
  },
  {
    name: 'managed fields can be reset',
    steps: [
      register,
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: 'application/merge-patch+json',
        body: { metadata: { managedFields: [{}] } },
        show: managed,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: 'application/merge-patch+json',
        agent: 'someone/2 (x)',
        body: { metadata: { labels: { q: '1' } } },
        show: managed,
      },
    ],
  },
]
