/** Leases, events, namespaces, budgets and the rest: defaults and validation. */
import type { Case, Step } from '../case.ts'

const leases = '/apis/coordination.k8s.io/v1/namespaces/{{case}}/leases'
const events = '/api/v1/namespaces/{{case}}/events'
const budgets = '/apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets'
const merge = 'application/merge-patch+json'
const refuse = (call: string, body: unknown): Step => ({ call, body })

export const kindCases: readonly Case[] = [
  {
    name: 'leases',
    steps: [
      {
        call: `POST ${leases}`,
        body: {
          metadata: { name: 'l' },
          spec: {
            holderIdentity: '',
            leaseDurationSeconds: 15,
            renewTime: '2026-01-01T00:00:00.123456Z',
            acquireTime: '2026-01-01T00:00:00.000000Z',
          },
        },
        keep: { rv: 'metadata.resourceVersion' },
      },
      { call: `PUT ${leases}/l`, body: { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } } },
      {
        call: `PUT ${leases}/l`,
        body: {
          metadata: { name: 'l', resourceVersion: '{{rv}}' },
          spec: { holderIdentity: 'a', leaseTransitions: 1 },
        },
      },
      {
        call: `PUT ${leases}/l`,
        body: { metadata: { name: 'l', resourceVersion: '{{rv}}' }, spec: { holderIdentity: 'b' } },
      },
      { call: `PUT ${leases}/made-by-put`, body: { metadata: { name: 'made-by-put' }, spec: { holderIdentity: 'b' } } },
      {
        call: `POST ${leases}`,
        body: { metadata: { name: 'coarse' }, spec: { renewTime: '2026-01-01T00:00:00Z' } },
        brief: true,
      },
      refuse(`POST ${leases}`, { metadata: { name: 'bad' }, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }),
      { call: `DELETE ${leases}/l` },
    ],
  },
  {
    name: 'events',
    steps: [
      {
        call: `POST ${events}`,
        body: {
          metadata: { name: 'e' },
          involvedObject: { kind: 'Node', name: 'n', namespace: '{{case}}' },
          reason: 'R',
          message: 'm',
          type: 'Warning',
          source: { component: 'c' },
          count: 1,
          firstTimestamp: '2026-01-01T00:00:00Z',
          lastTimestamp: '2026-01-01T00:00:00Z',
        },
      },
      { call: `PATCH ${events}/e`, type: merge, body: { count: 2, lastTimestamp: '2026-01-02T00:00:00Z' } },
      refuse(`POST ${events}`, { metadata: { name: 'f' }, involvedObject: { kind: 'Node', name: 'n' }, reason: 'R' }),
      {
        call: 'POST /api/v1/namespaces/default/events',
        body: {
          metadata: { name: '{{case}}.node' },
          involvedObject: { kind: 'Node', name: '{{case}}' },
          reason: 'Node',
          type: 'Normal',
        },
      },
      {
        call: 'GET /api/v1/events?fieldSelector=involvedObject.name%3D{{case}},involvedObject.kind%3DNode',
        show: ['items.0.metadata.name', 'items.1'],
      },
      { call: `GET ${events}?fieldSelector=reason%3DR,type%3DWarning`, show: ['items.0.metadata.name', 'items.1'] },
      refuse(`POST ${events}`, {
        metadata: { name: 'g' },
        involvedObject: { kind: 'Pod', name: 'n', namespace: '{{case}}' },
        eventTime: '2026-01-01T00:00:00.000000Z',
      }),
      {
        call: `POST ${events}`,
        body: {
          metadata: { name: 'h' },
          involvedObject: { kind: 'Pod', name: 'n', namespace: '{{case}}' },
          eventTime: '2026-01-01T00:00:00.000000Z',
          reportingComponent: 'x.io/c',
          reportingInstance: 'i',
          action: 'A',
          reason: 'R',
          type: 'Normal',
        },
      },
    ],
  },
  {
    name: 'namespaces',
    steps: [
      { call: 'GET /api/v1/namespaces/{{case}}' },
      refuse('POST /api/v1/namespaces', { metadata: { name: 'Bad_Name' } }),
      { call: 'DELETE /api/v1/namespaces/kube-system', brief: true },
      { call: 'POST /api/v1/namespaces', body: { metadata: { name: '{{case}}-x' } }, show: ['status'] },
      { call: 'DELETE /api/v1/namespaces/{{case}}-x', show: ['kind', 'status', 'metadata.deletionTimestamp', 'spec'] },
      { call: 'POST /api/v1/namespaces/{{case}}-x/configmaps', body: { metadata: { name: 'late' } } },
      { call: 'DELETE /api/v1/namespaces/{{case}}-x', brief: true },
      { call: 'POST /api/v1/namespaces/{{case}}/configmaps', body: { metadata: { name: 'c', namespace: 'default' } } },
      { call: 'POST /api/v1/namespaces/{{case}}-none/configmaps', body: { metadata: { name: 'c' } } },
      { call: 'DELETE /api/v1/namespaces', brief: true },
    ],
  },
  {
    name: 'budgets',
    steps: [
      { call: `POST ${budgets}`, body: { metadata: { name: 'b' }, spec: { maxUnavailable: '25%', selector: {} } } },
      {
        call: `PATCH ${budgets}/b`,
        type: merge,
        body: { spec: { maxUnavailable: 1 } },
        show: ['spec', 'metadata.generation', 'status'],
      },
      {
        call: `POST ${budgets}`,
        body: { metadata: { name: 'bad' }, spec: { minAvailable: 1, maxUnavailable: 1 } },
        show: ['code', 'details.causes.0.field', 'details.causes.0.reason'],
      },
      refuse(`POST ${budgets}`, { metadata: { name: 'bad' }, spec: { minAvailable: -1 } }),
      refuse(`POST ${budgets}`, { metadata: { name: 'bad' }, spec: { minAvailable: 'many' } }),
      refuse(`POST ${budgets}`, { metadata: { name: 'bad' }, spec: { unhealthyPodEvictionPolicy: 'Maybe' } }),
      { call: `PUT ${budgets}/b`, body: { metadata: { name: 'b' }, spec: { maxUnavailable: 2 } } },
    ],
  },
  {
    name: 'node validation',
    steps: [
      refuse('POST /api/v1/nodes', { metadata: { name: 'Bad Name' } }),
      refuse('POST /api/v1/nodes', { metadata: { name: '{{case}}', labels: { 'bad key!': 'x' } } }),
      refuse('POST /api/v1/nodes', { metadata: { name: '{{case}}', labels: { k: 'bad value!' } } }),
      refuse('POST /api/v1/nodes', { metadata: { name: '{{case}}', namespace: 'default' } }),
      refuse('POST /api/v1/nodes', {
        metadata: { name: '{{case}}' },
        spec: { taints: [{ key: 'a', effect: 'Never' }] },
      }),
      refuse('POST /api/v1/nodes', {
        metadata: { name: '{{case}}' },
        spec: {
          taints: [
            { key: 'a', effect: 'NoSchedule' },
            { key: 'a', effect: 'NoSchedule' },
          ],
        },
      }),
      refuse('POST /api/v1/nodes', { metadata: { name: '{{case}}' }, spec: { taints: [{ key: '', effect: '' }] } }),
      refuse('POST /api/v1/nodes', { metadata: { name: '{{case}}', finalizers: ['bad finalizer'] } }),
      refuse('POST /api/v1/nodes', { metadata: { name: '{{case}}', resourceVersion: '5' } }),
      refuse('POST /api/v1/nodes?dryRun=All', { metadata: { name: '{{case}}' } }),
      { call: 'GET /api/v1/nodes/{{case}}', show: ['code'] },
      {
        call: 'POST /api/v1/nodes',
        body: { metadata: { name: '{{case}}', ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'x' }] } },
        show: ['code', 'reason'],
      },
    ],
  },
  {
    name: 'bodies that cannot be read',
    steps: [
      { call: 'POST /api/v1/nodes', text: '{"metadata":', brief: true },
      { call: 'POST /api/v1/nodes', text: '[]', brief: true },
      { call: 'POST /api/v1/nodes', text: '', brief: true },
      { call: 'POST /api/v1/nodes', body: { apiVersion: 'v2', kind: 'Node', metadata: { name: 'x' } }, brief: true },
      { call: 'POST /api/v1/nodes', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } }, brief: true },
      { call: 'POST /api/v1/nodes', body: { metadata: { name: 5 } } },
      { call: 'POST /api/v1/nodes', body: { metadata: { name: '{{case}}' }, spec: { taints: 'x' } } },
      {
        call: 'POST /api/v1/nodes',
        body: { metadata: { name: '{{case}}' }, status: { capacity: { cpu: 'lots' } } },
        brief: true,
      },
      {
        call: 'POST /api/v1/nodes',
        body: {
          metadata: { name: '{{case}}' },
          status: { conditions: [{ type: 'A', status: 'B', lastHeartbeatTime: 'yesterday' }] },
        },
        brief: true,
      },
      { call: 'POST /api/v1/nodes', text: 'x', type: 'text/plain', brief: true },
      {
        call: 'POST /api/v1/nodes?fieldValidation=Strict',
        body: { metadata: { name: '{{case}}' }, spec: { foo: 1 }, bar: 2 },
      },
      {
        call: 'POST /api/v1/nodes',
        text: 'metadata:\n  name: {{case}}\n',
        type: 'application/yaml',
        show: ['code', 'kind'],
      },
      {
        call: 'POST /api/v1/nodes',
        body: { metadata: { name: '{{case}}' }, spec: { foo: 1 } },
        show: ['spec', 'kind'],
      },
    ],
  },
  {
    name: 'secrets and configmaps',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{{case}}/secrets',
        body: { metadata: { name: 's' }, stringData: { a: 'hello' }, data: { b: 'aGk=' } },
      },
      {
        call: 'POST /api/v1/namespaces/{{case}}/configmaps',
        body: { metadata: { name: 'c' }, immutable: true, data: { a: '1' } },
      },
      { call: 'PATCH /api/v1/namespaces/{{case}}/configmaps/c', type: merge, body: { data: { a: '2' } } },
      { call: 'POST /api/v1/namespaces/{{case}}/serviceaccounts', body: { metadata: { name: 'sa' } } },
      { call: 'DELETE /api/v1/namespaces/{{case}}/serviceaccounts/sa', show: ['kind', 'metadata.name'] },
      { call: 'DELETE /api/v1/namespaces/{{case}}/secrets/s' },
      {
        call: 'POST /apis/storage.k8s.io/v1/volumeattachments',
        body: {
          metadata: { name: '{{case}}' },
          spec: { attacher: 'a.example', nodeName: 'n', source: { persistentVolumeName: 'pv' } },
        },
      },
      { call: 'GET /apis/storage.k8s.io/v1/volumeattachments', show: ['items.0.metadata.name'] },
    ],
  },
]
