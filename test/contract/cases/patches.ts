/** JSON patch, merge patch, strategic merge patch: what they change, and how they refuse. */
import type { Case } from '../case.ts'

const json = 'application/json-patch+json'
const merge = 'application/merge-patch+json'
const strategic = 'application/strategic-merge-patch+json'
const node = {
  metadata: { name: '{{case}}', labels: { a: '1', b: '2' } },
  spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', reason: 'R', lastHeartbeatTime: '2026-01-01T00:00:00Z' },
      { type: 'DiskPressure', status: 'False', reason: 'D' },
    ],
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
  },
}
const create = { call: 'POST /api/v1/nodes', body: node, show: ['metadata.name'] }
const labels = ['metadata.labels', 'metadata.resourceVersion', 'metadata.generation']

export const patchCases: readonly Case[] = [
  {
    name: 'merge patch',
    steps: [
      create,
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: merge,
        body: { metadata: { labels: { a: null, c: '3' } } },
        show: labels,
      },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: merge, body: { metadata: { labels: { c: '3' } } }, show: labels },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: merge,
        body: { metadata: { resourceVersion: '1', labels: { d: '4' } } },
      },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: merge, body: { metadata: { name: 'other' } } },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: merge, body: { spec: { unschedulable: 'yes' } }, brief: true },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: merge, body: [], brief: true },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: merge, text: '{', brief: true },
      { call: 'PATCH /api/v1/nodes/{{case}}-none', type: merge, body: {} },
      {
        call: 'PATCH /api/v1/nodes/{{case}}/status',
        type: merge,
        body: { status: { conditions: [{ type: 'Mine', status: 'True' }] } },
        show: ['status.conditions'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}?dryRun=All',
        type: merge,
        body: { metadata: { labels: { dry: 'yes' } } },
        show: labels,
      },
      { call: 'PATCH /api/v1/nodes/{{case}}?dryRun=Some', type: merge, body: {}, brief: true },
      { call: 'GET /api/v1/nodes/{{case}}', show: labels },
    ],
  },
  {
    name: 'json patch',
    steps: [
      create,
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [{ op: 'add', path: '/metadata/labels/x~1y', value: 'z' }],
        show: labels,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [
          { op: 'replace', path: '/metadata/labels/a', value: 'one' },
          { op: 'remove', path: '/metadata/labels/b' },
        ],
        show: labels,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [
          { op: 'test', path: '/metadata/labels/a', value: 'one' },
          { op: 'copy', from: '/metadata/labels/a', path: '/metadata/labels/c' },
        ],
        show: labels,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [{ op: 'move', from: '/metadata/labels/c', path: '/metadata/labels/d' }],
        show: labels,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [
          { op: 'add', path: '/spec/taints/-', value: { key: 'z', effect: 'NoExecute' } },
          { op: 'remove', path: '/spec/taints/0' },
        ],
        show: ['spec'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [{ op: 'test', path: '/metadata/labels/a', value: 'two' }],
        brief: true,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [{ op: 'remove', path: '/metadata/labels/none' }],
        brief: true,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: json,
        body: [{ op: 'replace', path: '/spec/taints/9', value: {} }],
        brief: true,
      },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: json, body: [{ op: 'nonsense', path: '/metadata' }], brief: true },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: json, body: { op: 'add' }, brief: true },
    ],
  },
  {
    name: 'strategic merge patch',
    steps: [
      create,
      {
        call: 'PATCH /api/v1/nodes/{{case}}/status',
        type: strategic,
        body: {
          status: {
            conditions: [
              { type: 'Ready', status: 'False' },
              { type: 'New', status: 'True' },
            ],
          },
        },
        show: ['status.conditions'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}/status',
        type: strategic,
        body: { status: { conditions: [{ type: 'DiskPressure', $patch: 'delete' }] } },
        show: ['status.conditions'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}/status',
        type: strategic,
        body: { status: { $setElementOrder_conditions: [], conditions: [{ status: 'True' }] } },
        brief: true,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}/status',
        type: strategic,
        body: {
          status: {
            '$setElementOrder/conditions': [{ type: 'New' }, { type: 'Ready' }],
            conditions: [{ type: 'New', reason: 'N' }],
          },
        },
        show: ['status.conditions'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: strategic,
        body: { spec: { taints: [{ key: 'only', effect: 'NoSchedule' }] } },
        show: ['spec'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: strategic,
        body: { metadata: { labels: { $patch: 'replace', z: '9' } } },
        show: labels,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: strategic,
        body: { metadata: { finalizers: ['example.com/a'] } },
        show: ['metadata.finalizers'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: strategic,
        body: { metadata: { finalizers: ['example.com/b'] } },
        show: ['metadata.finalizers'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: strategic,
        body: { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] } },
        show: ['metadata.finalizers'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: strategic,
        body: { spec: { unschedulable: true } },
        show: ['spec'],
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: strategic,
        body: { spec: { unschedulable: null, taints: null } },
        show: ['spec'],
      },
    ],
  },
  {
    name: 'patch content types',
    steps: [
      create,
      { call: 'PATCH /api/v1/nodes/{{case}}', type: 'application/json', body: {} },
      { call: 'PATCH /api/v1/nodes/{{case}}', type: 'text/plain', text: 'x', brief: true },
      { call: 'PATCH /api/v1/nodes', type: merge, body: {}, brief: true },
      { call: 'PATCH /api/v1/nodes/{{case}}?force=true&fieldManager=me', type: merge, body: {}, brief: true },
      {
        call: 'PATCH /api/v1/nodes/{{case}}?fieldValidation=Strict',
        type: merge,
        body: { spec: { nonsense: 1 } },
        brief: true,
      },
      {
        call: 'PATCH /api/v1/nodes/{{case}}?fieldValidation=Warn',
        type: merge,
        body: { spec: { nonsense: 1 } },
        brief: true,
        show: ['spec'],
      },
      { call: 'PATCH /api/v1/nodes/{{case}}?fieldValidation=Nonsense', type: merge, body: {}, brief: true },
    ],
  },
]
