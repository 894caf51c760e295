/** Pods: binding, eviction, graceful deletion, finalizers; and the workloads that own them. */
import type { Case, Step } from '../case.ts'

const base = '/api/v1/namespaces/{{case}}/pods'
const spec = { containers: [{ name: 'c', image: 'registry.example/app:1.0' }], automountServiceAccountToken: false }
const pod = (
  name: string,
  extra: Readonly<Record<string, unknown>> = {},
  meta: Readonly<Record<string, unknown>> = {},
): Step => ({
  call: `POST ${base}`,
  body: { metadata: { name, labels: { app: 'web' }, ...meta }, spec: { ...spec, ...extra } },
  show: ['metadata.name', 'metadata.generation'],
  keep: { uid: 'metadata.uid', rv: 'metadata.resourceVersion' },
})
const bound = { nodeName: '{{case}}-node' }
const running = (name: string, ready = 'True'): Step => ({
  call: `PATCH ${base}/${name}/status`,
  type: 'application/strategic-merge-patch+json',
  body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] } },
  show: ['status.phase', 'status.conditions'],
})
const evict = (name: string, extra: Readonly<Record<string, unknown>> = {}, query = ''): Step => ({
  call: `POST ${base}/${name}/eviction${query}`,
  body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...extra },
})
const budget = (name: string, budgetSpec: Readonly<Record<string, unknown>> = {}): Step => ({
  call: 'POST /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets',
  body: { metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...budgetSpec } },
})
const judged = (name: string, status: Readonly<Record<string, unknown>>): Step => ({
  call: `PATCH /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets/${name}/status`,
  type: 'application/merge-patch+json',
  body: { status: { observedGeneration: 1, expectedPods: 2, currentHealthy: 2, desiredHealthy: 1, ...status } },
  show: ['status'],
})
const look = (name: string): Step => ({
  call: `GET ${base}/${name}`,
  show: ['metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds', 'metadata.generation', 'status', 'code'],
})

export const podCases: readonly Case[] = [
  {
    name: 'eviction without a budget',
    steps: [
      pod('pending'),
      evict('pending'),
      look('pending'),
      pod('run', bound),
      running('run'),
      evict('run', {}, '?dryRun=All'),
      evict('other-name'),
      { ...evict('run'), body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'another' } } },
      evict('run', { deleteOptions: { preconditions: { uid: 'b0000000-0000-4000-8000-000000000000' } } }),
      evict('run', { deleteOptions: { preconditions: { uid: '{{uid}}' } } }),
      look('run'),
      evict('run'),
    ],
  },
  {
    name: 'eviction under a budget',
    steps: [
      budget('b'),
      pod('p1', bound),
      pod('p2', bound),
      running('p1'),
      running('p2'),
      evict('p1'),
      judged('b', { disruptionsAllowed: 1 }),
      evict('p1', {}, '?dryRun=All'),
      evict('p1'),
      {
        call: 'GET /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets/b',
        show: ['status', 'metadata.generation'],
      },
      evict('p2'),
      judged('b', { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 }),
      evict('p2'),
      running('p2', 'False'),
      evict('p2'),
      look('p2'),
    ],
  },
  {
    name: 'eviction of unready pods',
    steps: [
      budget('b', { unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
      pod('p1', bound),
      running('p1', 'False'),
      judged('b', { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 1 }),
      evict('p1'),
    ],
  },
  {
    name: 'an unhealthy application below its target cannot be evicted',
    steps: [
      budget('b'),
      pod('p1', bound),
      running('p1', 'False'),
      judged('b', { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 1 }),
      evict('p1'),
    ],
  },
  {
    name: 'two budgets for one pod',
    steps: [budget('b1'), budget('b2'), pod('p1', bound), running('p1'), evict('p1')],
  },
  {
    name: 'a negative budget and a sync failure',
    steps: [
      budget('b'),
      pod('p1', bound),
      running('p1'),
      judged('b', { disruptionsAllowed: -1 }),
      judged('b', {
        disruptionsAllowed: 0,
        conditions: [
          {
            type: 'DisruptionAllowed',
            status: 'False',
            reason: 'SyncFailed',
            message: 'no scale',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
      }),
      evict('p1'),
      judged('b', {
        disruptionsAllowed: 0,
        currentHealthy: 3,
        conditions: [
          {
            type: 'DisruptionAllowed',
            status: 'False',
            reason: 'InsufficientPods',
            message: 'few',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
      }),
      evict('p1'),
    ],
  },
  {
    name: 'graceful deletion',
    steps: [
      pod('unbound'),
      { call: `DELETE ${base}/unbound`, show: ['kind', 'metadata.name', 'metadata.deletionTimestamp'] },
      look('unbound'),
      pod('p', bound),
      {
        call: `DELETE ${base}/p`,
        body: { gracePeriodSeconds: 60 },
        show: ['kind', 'metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds', 'metadata.generation'],
      },
      {
        call: `DELETE ${base}/p`,
        body: { gracePeriodSeconds: 600 },
        show: ['metadata.deletionGracePeriodSeconds', 'metadata.generation'],
      },
      {
        call: `DELETE ${base}/p`,
        body: { gracePeriodSeconds: 5 },
        show: ['metadata.deletionGracePeriodSeconds', 'metadata.generation'],
      },
      look('p'),
      {
        call: `DELETE ${base}/p?gracePeriodSeconds=0`,
        show: ['kind', 'metadata.name', 'metadata.deletionGracePeriodSeconds'],
      },
      look('p'),
      pod('q', bound),
      { call: `DELETE ${base}/q`, show: ['metadata.deletionGracePeriodSeconds'] },
      { call: `DELETE ${base}/q`, show: ['metadata.deletionGracePeriodSeconds'] },
      pod('done', bound),
      {
        call: `PATCH ${base}/done/status`,
        type: 'application/merge-patch+json',
        body: { status: { phase: 'Succeeded' } },
        show: ['status.phase'],
      },
      { call: `DELETE ${base}/done`, show: ['kind', 'metadata.name'] },
      look('done'),
      pod('neg', bound),
      { call: `DELETE ${base}/neg`, body: { gracePeriodSeconds: -5 }, show: ['metadata.deletionGracePeriodSeconds'] },
    ],
  },
  {
    name: 'finalizers hold an object',
    steps: [
      pod('p', {}, { finalizers: ['example.com/hold'] }),
      {
        call: `DELETE ${base}/p`,
        show: ['kind', 'metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds', 'metadata.finalizers'],
      },
      {
        call: `PATCH ${base}/p`,
        type: 'application/merge-patch+json',
        body: { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } },
      },
      {
        call: `PATCH ${base}/p`,
        type: 'application/merge-patch+json',
        body: { metadata: { finalizers: null } },
        show: ['kind', 'metadata.name'],
      },
      look('p'),
      {
        call: 'POST /api/v1/nodes',
        body: { metadata: { name: '{{case}}', finalizers: ['example.com/hold'] } },
        show: ['metadata.name'],
      },
      {
        call: 'DELETE /api/v1/nodes/{{case}}',
        show: ['kind', 'metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds', 'metadata.generation'],
      },
      { call: 'DELETE /api/v1/nodes/{{case}}', show: ['kind', 'metadata.deletionTimestamp'] },
      {
        call: 'PATCH /api/v1/nodes/{{case}}',
        type: 'application/json-patch+json',
        body: [{ op: 'remove', path: '/metadata/finalizers' }],
        show: ['kind'],
      },
      { call: 'GET /api/v1/nodes/{{case}}', show: ['code'] },
      { call: 'POST /api/v1/nodes', body: { metadata: { name: '{{case}}-f' } }, show: ['metadata.name'] },
      { call: 'DELETE /api/v1/nodes/{{case}}-f?propagationPolicy=Foreground', show: ['kind', 'metadata.finalizers'] },
      { call: 'DELETE /api/v1/nodes/{{case}}-f', body: { propagationPolicy: 'Sideways' }, brief: true },
    ],
  },
  {
    name: 'binding',
    steps: [
      pod('p'),
      { call: `POST ${base}/p/binding`, body: { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } } },
      { call: `GET ${base}/p`, show: ['spec.nodeName', 'status.conditions.0.type', 'status.conditions.0.status'] },
      { call: `POST ${base}/p/binding`, body: { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n2' } } },
      { call: `POST ${base}/none/binding`, body: { metadata: { name: 'none' }, target: { kind: 'Node', name: 'n2' } } },
    ],
  },
  {
    name: 'pod updates are limited',
    steps: [
      pod('p', bound),
      {
        call: `PATCH ${base}/p`,
        type: 'application/merge-patch+json',
        body: { spec: { nodeName: 'elsewhere' } },
        show: ['code', 'reason'],
      },
      {
        call: `PATCH ${base}/p`,
        type: 'application/strategic-merge-patch+json',
        body: { spec: { containers: [{ name: 'c', image: 'x:2' }] } },
        show: ['spec.containers', 'metadata.generation'],
      },
      {
        call: `PATCH ${base}/p`,
        type: 'application/strategic-merge-patch+json',
        body: { metadata: { labels: { z: '1' } } },
        show: ['metadata.generation'],
      },
    ],
  },
  {
    name: 'workload owners',
    steps: [
      {
        call: 'POST /apis/apps/v1/namespaces/{{case}}/replicasets',
        body: {
          metadata: { name: 'rs' },
          spec: {
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
          },
        },
      },
      {
        call: 'POST /apis/apps/v1/namespaces/{{case}}/deployments',
        body: {
          metadata: { name: 'd' },
          spec: {
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
          },
        },
      },
      {
        call: 'POST /apis/apps/v1/namespaces/{{case}}/daemonsets',
        body: {
          metadata: { name: 'ds' },
          spec: {
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
          },
        },
      },
      {
        call: 'POST /apis/apps/v1/namespaces/{{case}}/statefulsets',
        body: {
          metadata: { name: 'sts' },
          spec: {
            serviceName: 's',
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
          },
        },
      },
      { call: 'GET /apis/apps/v1/namespaces/{{case}}/deployments/d/scale' },
      {
        call: 'PATCH /apis/apps/v1/namespaces/{{case}}/deployments/d/scale',
        type: 'application/merge-patch+json',
        body: { spec: { replicas: 4 } },
      },
      { call: 'GET /apis/apps/v1/namespaces/{{case}}/deployments/d', show: ['spec.replicas', 'metadata.generation'] },
      {
        call: 'PATCH /apis/apps/v1/namespaces/{{case}}/deployments/d',
        type: 'application/merge-patch+json',
        body: { spec: { selector: { matchLabels: { a: 'c' } } } },
      },
      {
        call: 'POST /apis/apps/v1/namespaces/{{case}}/replicasets',
        body: {
          metadata: { name: 'bad' },
          spec: {
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'x' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
          },
        },
      },
      {
        call: 'POST /apis/apps/v1/namespaces/{{case}}/deployments',
        body: { metadata: { name: 'bad2' } },
        show: ['code', 'reason'],
      },
    ],
  },
]
