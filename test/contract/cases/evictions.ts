/** Eviction: budgets, readiness, preconditions. */
import type { Case } from '../case.ts'
import { bound, budget, evict, judged, look, pod, running } from './pod-steps.ts'

export const evictionCases: readonly Case[] = [
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
]
