/** Steps that the pod cases share. */
import type { Step } from '../case.ts'

export const base = '/api/v1/namespaces/{{case}}/pods'
const spec = { containers: [{ name: 'c', image: 'registry.example/app:1.0' }], automountServiceAccountToken: false }
export const pod = (
  name: string,
  extra: Readonly<Record<string, unknown>> = {},
  meta: Readonly<Record<string, unknown>> = {},
): Step => ({
  call: `POST ${base}`,
  body: { metadata: { name, labels: { app: 'web' }, ...meta }, spec: { ...spec, ...extra } },
  show: ['metadata.name', 'metadata.generation'],
  keep: { uid: 'metadata.uid', rv: 'metadata.resourceVersion' },
})
export const bound = { nodeName: '{{case}}-node' }
export const running = (name: string, ready = 'True'): Step => ({
  call: `PATCH ${base}/${name}/status`,
  type: 'application/strategic-merge-patch+json',
  body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] } },
  show: ['status.phase', 'status.conditions'],
})
export const evict = (name: string, extra: Readonly<Record<string, unknown>> = {}, query = ''): Step => ({
  call: `POST ${base}/${name}/eviction${query}`,
  body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...extra },
})
export const budget = (name: string, budgetSpec: Readonly<Record<string, unknown>> = {}): Step => ({
  call: 'POST /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets',
  body: { metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...budgetSpec } },
})
export const judged = (name: string, status: Readonly<Record<string, unknown>>): Step => ({
  call: `PATCH /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets/${name}/status`,
  type: 'application/merge-patch+json',
  body: { status: { observedGeneration: 1, expectedPods: 2, currentHealthy: 2, desiredHealthy: 1, ...status } },
  show: ['status'],
})
export const look = (name: string): Step => ({
  call: `GET ${base}/${name}`,
  show: ['metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds', 'metadata.generation', 'status', 'code'],
})
