/** CustomResourceDefinitions and what they define. */
import type { Case, Step } from '../case.ts'

const group = '{{case}}.example.com'
const path = `/apis/${group}/v1/widgets`
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        mode: { type: 'string', enum: ['Observe', 'Enforce'], default: 'Observe' },
        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
        limit: { 'x-kubernetes-int-or-string': true },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set', maxItems: 3 },
        rules: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, value: { type: 'string' } },
          },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        table: { type: 'object', additionalProperties: { type: 'integer' } },
        nested: { type: 'object', properties: { deep: { type: 'boolean', default: true } } },
        maybe: { type: 'string', nullable: true },
      },
    },
    status: {
      type: 'object',
      properties: {
        phase: { type: 'string' },
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
          items: {
            type: 'object',
            required: ['type'],
            properties: { type: { type: 'string' }, status: { type: 'string' } },
          },
        },
      },
    },
  },
}
const definition = {
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ],
  },
}
const widget = (name: string, spec: unknown, extra: Readonly<Record<string, unknown>> = {}): unknown => ({
  apiVersion: `${group}/v1`,
  kind: 'Widget',
  metadata: { name },
  spec,
  ...extra,
})
const install: Step = { call: `POST ${definitions}`, body: definition, show: ['kind', 'metadata.name'] }
/** The real server serves a new kind a moment after its definition; this waits for it. */
const settled: Step = {
  call: `GET ${definitions}/widgets.${group}#established`,
  show: ['status.acceptedNames', 'status.storedVersions', 'spec.conversion', 'spec.names'],
}
const merge = 'application/merge-patch+json'
const apply = 'application/apply-patch+yaml'

export const customCases: readonly Case[] = [
  {
    name: 'crd one',
    steps: [
      install,
      settled,
      {
        call: `GET ${definitions}/widgets.${group}`,
        show: [
          'status.conditions.0.type',
          'status.conditions.0.reason',
          'status.conditions.0.message',
          'status.conditions.1.type',
          'status.conditions.1.reason',
          'status.conditions.1.message',
          'metadata.generation',
        ],
      },
      {
        call: `POST ${path}`,
        body: widget(
          'a',
          { size: 3, unknown: 1, free: { any: [1] }, nested: {}, maybe: null },
          { status: { phase: 'ignored' } },
        ),
        keep: { rv: 'metadata.resourceVersion' },
      },
      { call: `POST ${path}?fieldValidation=Strict`, body: widget('b', { size: 3, unknown: 1 }) },
      {
        call: `POST ${path}`,
        body: widget('b', {
          size: 30,
          mode: 'Wild',
          name: 'UPPERCASE',
          tags: ['a', 'a'],
          rules: [{ name: 'x' }, { name: 'x' }],
          table: { a: 'b' },
        }),
      },
      { call: `POST ${path}`, body: widget('b', { size: 'three' }) },
      { call: `POST ${path}`, body: widget('b', {}) },
      { call: `POST ${path}`, body: widget('b', { size: 1.5 }) },
      { call: `POST ${path}`, body: { metadata: { name: 'b' }, spec: { size: 1 } }, brief: true },
      { call: `PATCH ${path}/a`, type: merge, body: { spec: { size: 4 } }, show: ['spec', 'metadata.generation'] },
      {
        call: `PATCH ${path}/a`,
        type: merge,
        body: { metadata: { labels: { x: 'y' } } },
        show: ['metadata.labels', 'metadata.generation'],
      },
      {
        call: `PATCH ${path}/a/status`,
        type: merge,
        body: { status: { phase: 'Up', junk: 1 }, spec: { size: 9 }, metadata: { labels: { z: 'z' } } },
        show: ['spec', 'status', 'metadata.generation', 'metadata.labels'],
      },
      {
        call: `PATCH ${path}/a`,
        type: merge,
        body: { status: { phase: 'Down' } },
        show: ['status', 'metadata.generation'],
      },
      { call: `PATCH ${path}/a`, type: 'application/strategic-merge-patch+json', body: {} },
      { call: `PUT ${path}/a`, body: widget('a', { size: 2 }) },
      {
        call: `PUT ${path}/a`,
        body: { ...(widget('a', { size: 2 }) as object), metadata: { name: 'a', resourceVersion: '{{rv}}' } },
      },
      { call: `PUT ${path}/none`, body: widget('none', { size: 2 }), brief: true },
      { call: `GET ${path}`, show: ['kind', 'apiVersion', 'items.0.kind', 'items.0.metadata.name'] },
      { call: `DELETE ${path}/a` },
      { call: `GET ${path}/a` },
    ],
  },
  {
    name: 'crd apply',
    steps: [
      install,
      settled,
      {
        call: `PATCH ${path}/a?fieldManager=one`,
        type: apply,
        body: widget('a', { size: 1, rules: [{ name: 'x', value: '1' }, { name: 'y' }], tags: ['t'] }),
        show: ['spec', 'metadata.managedFields'],
      },
      {
        call: `PATCH ${path}/a?fieldManager=two`,
        type: apply,
        body: widget('a', { rules: [{ name: 'z' }], tags: ['u'] }),
        show: ['spec', 'metadata.managedFields', 'message'],
      },
      {
        call: `PATCH ${path}/a?fieldManager=two`,
        type: apply,
        body: widget('a', { size: 1, rules: [{ name: 'z' }], tags: ['u'] }),
        show: ['spec', 'metadata.managedFields'],
      },
      {
        call: `PATCH ${path}/a?fieldManager=one`,
        type: apply,
        body: widget('a', { size: 1, rules: [{ name: 'y' }] }),
        show: ['spec', 'metadata.managedFields'],
      },
      {
        call: `PATCH ${path}/a?fieldManager=one`,
        type: apply,
        body: widget('a', { size: 1, rules: [{ name: 'z', value: 'v' }] }),
        show: ['spec', 'message'],
      },
      {
        call: `PATCH ${path}/a?fieldManager=three`,
        type: apply,
        body: widget('a', { size: 2 }),
        show: ['message', 'details'],
      },
      {
        call: `PATCH ${path}/a/status?fieldManager=ctl`,
        type: apply,
        body: {
          apiVersion: `${group}/v1`,
          kind: 'Widget',
          metadata: { name: 'a' },
          status: { phase: 'P', conditions: [{ type: 'Ready', status: 'True' }] },
        },
        show: ['status', 'metadata.managedFields'],
      },
      {
        call: `PATCH ${path}/a/status?fieldManager=ctl`,
        type: apply,
        body: { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'a' }, status: { phase: 'Q' } },
        show: ['status', 'metadata.managedFields'],
      },
      {
        call: `GET ${path}`,
        accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
        ignore: { 'rows.*.cells': 'ages move' },
      },
      {
        call: `GET ${path}/a`,
        accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
        show: ['rows.0.cells.0', 'rows.0.cells.1', 'rows.0.cells.2', 'rows.0.cells.3'],
      },
      {
        call: `PATCH ${path}/a?fieldManager=one&fieldValidation=Strict`,
        type: apply,
        body: widget('a', { size: 1, nope: 1 }),
        brief: true,
      },
      {
        call: `PATCH ${path}/a?fieldManager=one`,
        type: apply,
        body: widget('a', { size: 99 }),
        show: ['message', 'reason', 'code'],
      },
      {
        call: `PATCH ${path}/a?fieldManager=one`,
        type: apply,
        body: widget('a', { size: 1, rules: [{ value: 'no key' }] }),
        brief: true,
      },
      {
        call: `PATCH ${path}/a?fieldManager=one`,
        type: apply,
        body: widget('a', { size: 1, rules: [{ name: 'q' }, { name: 'q' }] }),
        brief: true,
      },
    ],
  },
  {
    name: 'crd refusals',
    steps: [
      { call: `POST ${definitions}`, body: { metadata: { name: 'wrong' }, spec: definition.spec }, brief: true },
      {
        call: `POST ${definitions}`,
        body: { ...definition, spec: { ...definition.spec, scope: 'Nowhere' } },
        brief: true,
      },
      {
        call: `POST ${definitions}`,
        body: { ...definition, spec: { ...definition.spec, versions: [{ name: 'v1', served: true, storage: true }] } },
        brief: true,
      },
      {
        call: `POST ${definitions}`,
        body: {
          ...definition,
          spec: { ...definition.spec, versions: [{ ...definition.spec.versions[0], storage: false }] },
        },
        brief: true,
      },
      { call: `GET ${path}`, show: ['code', 'reason'] },
      install,
      settled,
      { call: `DELETE ${definitions}/widgets.${group}`, show: ['status', 'kind'] },
    ],
  },
]
