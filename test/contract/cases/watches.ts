/** Watches: start, selectors, bookmarks, resumption, too old. */
import type { Case, Step } from '../case.ts'

const node = (suffix: string, labels: Readonly<Record<string, string>> = {}): unknown => ({
  metadata: { name: `{{case}}-${suffix}`, labels: { case: '{{case}}', ...labels } },
})
const create = (suffix: string, labels: Readonly<Record<string, string>> = {}): Step => ({
  call: 'POST /api/v1/nodes',
  body: node(suffix, labels),
  show: ['metadata.name'],
  keep: { rv: 'metadata.resourceVersion' },
})
const patch = (suffix: string, body: unknown): Step => ({
  call: `PATCH /api/v1/nodes/{{case}}-${suffix}`,
  type: 'application/merge-patch+json',
  body,
  show: ['metadata.labels'],
})
const mine = 'labelSelector=case%3D{{case}}'
const event = (index: number): readonly string[] => [
  `${index}.type`,
  `${index}.object.kind`,
  `${index}.object.metadata.name`,
  `${index}.object.metadata.labels`,
]

export const watchCases: readonly Case[] = [
  {
    name: 'watch from a version',
    steps: [
      create('a'),
      {
        call: `GET /api/v1/nodes?watch=true&${mine}&resourceVersion={{rv}}`,
        events: 3,
        during: [
          create('b'),
          patch('a', { metadata: { labels: { x: '1' } } }),
          { call: 'DELETE /api/v1/nodes/{{case}}-a', show: ['status'] },
        ],
        show: [...event(0), ...event(1), ...event(2)],
      },
    ],
  },
  {
    name: 'watch starts with the state',
    steps: [
      create('a'),
      create('b'),
      {
        call: `GET /api/v1/nodes?watch=true&${mine}`,
        events: 3,
        during: [create('c')],
        show: [...event(0), ...event(1), ...event(2)],
      },
      {
        call: `GET /api/v1/nodes?watch=1&${mine}&resourceVersion=0`,
        events: 3,
        show: [...event(0), ...event(1), ...event(2)],
      },
      { call: `GET /api/v1/nodes/{{case}}-a?watch=true`, show: ['kind', 'metadata.name'] },
      { call: `GET /api/v1/nodes?watch=true&fieldSelector=metadata.name%3D{{case}}-b`, events: 1, show: event(0) },
    ],
  },
  {
    name: 'an object that leaves the selector is deleted for the watch',
    steps: [
      create('a', { inside: 'yes' }),
      {
        call: `GET /api/v1/nodes?watch=true&labelSelector=inside%3Dyes,case%3D{{case}}&resourceVersion={{rv}}`,
        events: 3,
        during: [
          patch('a', { metadata: { labels: { inside: 'no' } } }),
          patch('a', { metadata: { labels: { q: 'unseen' } } }),
          patch('a', { metadata: { labels: { inside: 'yes' } } }),
          patch('a', { metadata: { labels: { r: 'seen' } } }),
        ],
        show: [...event(0), ...event(1), ...event(2)],
      },
    ],
  },
  {
    name: 'initial events end with a marked bookmark',
    steps: [
      create('a'),
      {
        call: `GET /api/v1/nodes?watch=true&${mine}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
        events: 2,
        show: [...event(0), '1.type', '1.object.kind', '1.object.apiVersion', '1.object.metadata.annotations'],
      },
      { call: `GET /api/v1/nodes?watch=true&sendInitialEvents=true&allowWatchBookmarks=true`, events: 1 },
      {
        call: `GET /api/v1/nodes?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0`,
        events: 1,
        ignore: { metadata: '' },
        show: ['0.type'],
      },
      { call: `GET /api/v1/nodes?watch=true&resourceVersionMatch=NotOlderThan`, events: 1 },
      { call: `GET /api/v1/nodes?sendInitialEvents=true&resourceVersionMatch=NotOlderThan` },
    ],
  },
  {
    name: 'a watch ends at its timeout',
    steps: [
      create('a'),
      { call: `GET /api/v1/nodes?watch=true&${mine}&timeoutSeconds=1&resourceVersion={{rv}}`, events: 9 },
    ],
  },
  {
    name: 'a watch refuses',
    steps: [
      { call: 'GET /api/v1/nodes?watch=true&resourceVersion=abc', events: 1 },
      { call: 'GET /api/v1/nodes?watch=true&fieldSelector=spec.nope%3D1', events: 1 },
      { call: 'GET /api/v1/nodes?watch=true&labelSelector=%3D%3D', events: 1, show: ['0.code', '0.reason'] },
      { call: 'GET /api/v1/namespaces/{{case}}-none/pods?watch=true&timeoutSeconds=1', events: 1 },
    ],
  },
  {
    name: 'watch as table and as metadata',
    steps: [
      create('a'),
      {
        call: `GET /api/v1/nodes?watch=true&${mine}`,
        accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
        events: 2,
        during: [create('b')],
        show: [
          '0.type',
          '0.object.kind',
          '0.object.apiVersion',
          '0.object.columnDefinitions.0.name',
          '0.object.rows.0.object.kind',
          '0.object.rows.0.object.metadata.name',
          '1.type',
          '1.object.columnDefinitions',
          '1.object.rows.0.cells.0',
        ],
      },
      {
        call: `GET /api/v1/nodes?watch=true&${mine}`,
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
        events: 1,
        show: ['0.type', '0.object.kind', '0.object.apiVersion', '0.object.metadata.name', '0.object.spec'],
      },
    ],
  },
]
