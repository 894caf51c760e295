/** Pods: binding, graceful deletion, finalizers; and the workloads that own them. */
import type { Case } from '../case.ts'
import { base, bound, look, pod } from './pod-steps.ts'

export const podCases: readonly Case[] = [
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
