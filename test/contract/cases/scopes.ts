/** Custom resources in namespaces, in several versions, with scale and selectable fields, with finalizers. */
import type { Case, Step } from '../case.ts'

const group = '{{case}}.example.com'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const merge = 'application/merge-patch+json'
const apply = 'application/apply-patch+yaml'
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const schema = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { replicas: { type: 'integer' }, color: { type: 'string' } } },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
  },
}
const version = (name: string, extra: Readonly<Record<string, unknown>> = {}): unknown => ({
  name,
  served: true,
  storage: false,
  schema: { openAPIV3Schema: schema },
  ...extra,
})
const install = (versions: readonly unknown[], scope = 'Namespaced'): Step => ({
  call: `POST ${definitions}`,
  body: {
    metadata: { name: `gadgets.${group}` },
    spec: { group, scope, names: { plural: 'gadgets', kind: 'Gadget', categories: ['all'] }, versions },
  },
  show: ['kind', 'metadata.name', 'status.storedVersions'],
})
const settled: Step = { call: `GET ${definitions}/gadgets.${group}#established`, show: ['status.acceptedNames'] }
const gadget = (name: string, spec: unknown, extra: Readonly<Record<string, unknown>> = {}, of = 'v1'): unknown => ({
  apiVersion: `${group}/${of}`,
  kind: 'Gadget',
  metadata: { name, ...extra },
  spec,
})
const path = `/apis/${group}/v1/namespaces/{{case}}/gadgets`

export const scopeCases: readonly Case[] = [
  {
    name: 'gadgets one',
    steps: [
      install([
        version('v1', {
          storage: true,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          selectableFields: [{ jsonPath: '.spec.color' }],
        }),
      ]),
      settled,
      { call: `POST ${path}`, body: gadget('a', { replicas: 2, color: 'red' }) },
      {
        call: `POST ${path}`,
        body: gadget('b', { replicas: 1, color: 'blue' }, { labels: { x: 'y' } }),
        show: ['metadata.name'],
      },
      { call: `POST /apis/${group}/v1/namespaces/{{case}}-none/gadgets`, body: gadget('a', {}) },
      { call: `POST /apis/${group}/v1/gadgets`, body: gadget('a', {}), brief: true },
      { call: `POST ${path}`, body: gadget('a', {}, { namespace: 'other' }) },
      { call: `GET ${path}?fieldSelector=spec.color%3Dred`, show: ['items.0.metadata.name', 'items.1'] },
      { call: `GET ${path}?fieldSelector=spec.replicas%3D2` },
      { call: `GET ${path}?labelSelector=x%3Dy`, show: ['items.0.metadata.name', 'items.1'] },
      { call: `GET /apis/${group}/v1/gadgets`, show: ['kind', 'items.0.metadata.namespace'] },
      { call: `GET ${path}/a/scale` },
      { call: `PATCH ${path}/a/scale`, type: merge, body: { spec: { replicas: 5 } } },
      {
        call: `PUT ${path}/a/scale`,
        body: {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'a', namespace: '{{case}}' },
          spec: { replicas: 6 },
        },
        show: ['spec', 'kind'],
      },
      { call: `GET ${path}/a`, show: ['spec', 'metadata.generation'] },
      {
        call: `PATCH ${path}/a/status?fieldManager=c`,
        type: apply,
        body: {
          apiVersion: `${group}/v1`,
          kind: 'Gadget',
          metadata: { name: 'a' },
          status: { replicas: 3, selector: 'app=x' },
        },
        show: ['status'],
      },
      { call: `GET ${path}/a/scale`, show: ['status', 'spec'] },
      {
        call: `PATCH ${path}/a`,
        type: merge,
        body: { metadata: { finalizers: ['example.com/f'] } },
        show: ['metadata.finalizers', 'metadata.generation'],
      },
      {
        call: `DELETE ${path}/a`,
        show: ['kind', 'metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds', 'metadata.generation'],
      },
      {
        call: `PATCH ${path}/a`,
        type: merge,
        body: { spec: { color: 'green' } },
        show: ['spec.color', 'metadata.generation'],
      },
      { call: `PATCH ${path}/a`, type: merge, body: { metadata: { finalizers: [] } }, show: ['kind', 'metadata.name'] },
      { call: `GET ${path}/a`, show: ['code', 'message'] },
      { call: `GET /apis/${group}/v1`, ignore: { 'resources.*.storageVersionHash': 'a hash of the real storage' } },
      { call: `GET /apis/${group}` },
      {
        call: `GET ${path}?watch=true&fieldSelector=metadata.name%3Db`,
        events: 1,
        show: ['0.type', '0.object.kind', '0.object.metadata.name'],
      },
      { call: `DELETE ${path}`, show: ['kind', 'items.0.metadata.name'] },
    ],
  },
  {
    name: 'gadgets two',
    steps: [
      install(
        [version('v1beta1'), version('v1', { storage: true }), version('v1alpha1', { served: false })],
        'Cluster',
      ),
      settled,
      {
        call: `POST /apis/${group}/v1beta1/gadgets`,
        body: gadget('a', { color: 'red' }, {}, 'v1beta1'),
        show: ['apiVersion', 'spec'],
      },
      { call: `GET /apis/${group}/v1/gadgets/a`, show: ['apiVersion', 'spec', 'metadata.managedFields'] },
      { call: `GET /apis/${group}/v1beta1/gadgets`, show: ['apiVersion', 'kind', 'items.0.apiVersion'] },
      { call: `GET /apis/${group}/v1alpha1/gadgets`, brief: true },
      { call: `POST /apis/${group}/v1/gadgets`, body: gadget('b', {}, {}, 'v1beta1'), brief: true },
      {
        call: `PATCH /apis/${group}/v1/gadgets/a?fieldManager=m`,
        type: apply,
        body: gadget('a', { replicas: 1 }),
        show: ['apiVersion', 'spec', 'metadata.managedFields'],
      },
      { call: `GET /apis/${group}`, show: ['versions', 'preferredVersion'] },
    ],
  },
  {
    name: 'gadgets three',
    steps: [
      install([version('v1', { storage: true, schema: { openAPIV3Schema: open } })], 'Cluster'),
      settled,
      {
        call: `POST /apis/${group}/v1/gadgets`,
        body: { ...(gadget('a', { any: { thing: [1, { x: null }] } }) as object), other: true },
        ignore: { 'metadata.managedFields': 'deduced maps' },
      },
      {
        call: `PATCH /apis/${group}/v1/gadgets/a?fieldManager=one`,
        type: apply,
        body: gadget('a', { list: [1], map: { a: 1 } }),
        show: ['spec', 'metadata.managedFields.0'],
      },
      {
        call: `PATCH /apis/${group}/v1/gadgets/a?fieldManager=two`,
        type: apply,
        body: gadget('a', { map: { b: 2 } }),
        show: ['spec', 'metadata.managedFields.1'],
      },
      {
        call: `PATCH /apis/${group}/v1/gadgets/a?fieldManager=two`,
        type: apply,
        body: gadget('a', { list: [2] }),
        show: ['message'],
      },
      {
        call: `PATCH /apis/${group}/v1/gadgets/a?fieldManager=one`,
        type: apply,
        body: gadget('a', {}),
        show: ['spec'],
      },
    ],
  },
]
