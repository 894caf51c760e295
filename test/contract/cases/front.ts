/** Discovery, versions, health, tokens, verbs and media types. */
import type { Case } from '../case.ts'

const table = 'application/json;as=Table;g=meta.k8s.io;v=v1'
const partial = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
const create = (suffix: string): { call: string; body: unknown; show: string[] } => ({
  call: 'POST /api/v1/nodes',
  body: { metadata: { name: `{{case}}-${suffix}`, labels: { case: '{{case}}' } } },
  show: ['metadata.name'],
})

export const frontCases: readonly Case[] = [
  {
    name: 'health and version',
    steps: [
      { call: 'GET /healthz' },
      { call: 'GET /livez' },
      { call: 'GET /readyz' },
      { call: 'GET /version', show: ['major', 'minor'] },
      { call: 'GET /nonsense', show: ['code', 'reason'] },
    ],
  },
  {
    name: 'discovery',
    steps: [
      { call: 'GET /api', show: ['kind', 'versions'] },
      { call: 'GET /apis/coordination.k8s.io', show: ['kind', 'name', 'versions.0', 'preferredVersion'] },
      { call: 'GET /apis/policy' },
      { call: 'GET /apis/policy/v1', ignore: { 'resources.*.storageVersionHash': 'a hash of the real storage' } },
      { call: 'GET /apis/nonsense', brief: true },
      { call: 'GET /apis/policy/v9', brief: true },
      {
        call: 'GET /apis',
        accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
        show: ['kind', 'apiVersion'],
      },
      { call: 'GET /openapi/v3', show: ['kind'] },
    ],
  },
  {
    name: 'who may not',
    steps: [
      { call: 'GET /api/v1/nodes', token: 'none' },
      { call: 'GET /api/v1/nodes', token: 'wrong-token' },
      { call: 'GET /healthz', token: 'wrong-token', brief: true },
      {
        call: 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb: 'get', resource: 'nodes' } },
        },
        show: ['kind', 'status.allowed'],
      },
    ],
  },
  {
    name: 'paths and methods that are not there',
    steps: [
      { call: 'GET /api/v1/nonsense' },
      { call: 'GET /api/v1/nodes/x/nonsense' },
      { call: 'GET /apis/policy/v1/nonsense' },
      { call: 'GET /apis/nonsense/v1/things' },
      { call: 'GET /api/v2/nodes' },
      { call: 'POST /api/v1/nodes/x', body: { metadata: { name: 'x' } } },
      { call: 'PUT /api/v1/nodes', body: { metadata: { name: 'x' } } },
      { call: 'POST /api/v1/pods', body: { metadata: { name: 'x' } } },
      { call: 'PATCH /api/v1/nodes', type: 'application/merge-patch+json', body: {} },
      { call: 'DELETE /api/v1/nodes/x/status' },
      { call: 'GET /api/v1/namespaces/{{case}}/nodes' },
      { call: 'GET /api/v1/namespaces/{{case}}/pods/x/eviction' },
      { call: 'OPTIONS /api/v1/nodes' },
    ],
  },
  {
    name: 'forms of an answer',
    steps: [
      create('a'),
      { call: 'GET /api/v1/nodes/{{case}}-a', accept: partial },
      {
        call: 'GET /api/v1/nodes?labelSelector=case%3D{{case}}',
        accept: partialList,
        ignore: { 'items.*.metadata.managedFields': 'compared elsewhere' },
      },
      { call: 'GET /api/v1/nodes/{{case}}-a', accept: 'application/json;as=Nonsense;g=meta.k8s.io;v=v1', brief: true },
      { call: 'GET /api/v1/nodes/{{case}}-a', accept: 'image/png', brief: true },
      { call: 'GET /api/v1/nodes/{{case}}-a', accept: 'image/png, application/json', show: ['kind'] },
      { call: 'GET /api/v1/nodes/{{case}}-a', accept: '*/*', show: ['kind'] },
      {
        call: `PATCH /api/v1/nodes/{{case}}-a/status?fieldManager=x`,
        type: 'application/apply-patch+yaml',
        accept: partial,
        body: {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: '{{case}}-a' },
          status: { conditions: [{ type: 'X', status: 'True' }] },
        },
        show: ['kind', 'apiVersion', 'metadata.name', 'status'],
      },
      { call: 'DELETE /api/v1/nodes/{{case}}-a', accept: partial, show: ['kind', 'status'] },
    ],
  },
  {
    name: 'tables',
    steps: [
      create('a'),
      {
        call: 'GET /api/v1/nodes?labelSelector=case%3D{{case}}',
        accept: table,
        ignore: {
          'columnDefinitions.*.description': 'prose',
          'rows.*.cells.3': 'an age',
          'rows.*.object.metadata.managedFields': 'compared elsewhere',
        },
      },
      {
        call: 'GET /api/v1/nodes?labelSelector=case%3D{{case}}&includeObject=None',
        accept: table,
        show: ['rows.0.object', 'rows.0.cells.0'],
      },
      {
        call: 'GET /api/v1/nodes?labelSelector=case%3D{{case}}&includeObject=Object',
        accept: table,
        show: ['rows.0.object.kind', 'rows.0.object.metadata.name'],
      },
      { call: 'GET /api/v1/nodes?labelSelector=case%3D{{case}}&includeObject=Nonsense', accept: table, brief: true },
      { call: 'GET /api/v1/nodes/{{case}}-none', accept: table },
      ...[
        ['pods', '/api/v1/pods'],
        ['events', '/api/v1/events'],
        ['namespaces', '/api/v1/namespaces'],
        ['leases', '/apis/coordination.k8s.io/v1/leases'],
        ['budgets', '/apis/policy/v1/poddisruptionbudgets'],
        ['replicasets', '/apis/apps/v1/replicasets'],
        ['deployments', '/apis/apps/v1/deployments'],
        ['daemonsets', '/apis/apps/v1/daemonsets'],
        ['statefulsets', '/apis/apps/v1/statefulsets'],
        ['configmaps', '/api/v1/configmaps'],
        ['secrets', '/api/v1/secrets'],
        ['serviceaccounts', '/api/v1/serviceaccounts'],
        ['volumeattachments', '/apis/storage.k8s.io/v1/volumeattachments'],
        ['controllerrevisions', '/apis/apps/v1/controllerrevisions'],
        ['definitions', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'],
      ].map(([, path]) => ({
        call: `GET ${path}?limit=1`,
        accept: table,
        ignore: { rows: 'what others made', metadata: 'what others made', 'columnDefinitions.*.description': 'prose' },
      })),
    ],
  },
  {
    name: 'cells',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{{case}}/pods',
        body: {
          metadata: { name: 'p' },
          spec: {
            nodeName: 'n',
            automountServiceAccountToken: false,
            containers: [
              { name: 'a', image: 'x' },
              { name: 'b', image: 'x' },
            ],
            readinessGates: [{ conditionType: 'g' }],
          },
        },
        show: ['metadata.name'],
      },
      {
        call: 'GET /api/v1/namespaces/{{case}}/pods/p',
        accept: table,
        show: [
          'rows.0.cells.1',
          'rows.0.cells.2',
          'rows.0.cells.3',
          'rows.0.cells.5',
          'rows.0.cells.6',
          'rows.0.cells.7',
          'rows.0.cells.8',
        ],
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/pods/p/status',
        type: 'application/merge-patch+json',
        body: {
          status: {
            phase: 'Running',
            podIP: '10.1.1.1',
            podIPs: [{ ip: '10.1.1.1' }],
            containerStatuses: [
              { name: 'a', image: 'x', imageID: '', ready: true, restartCount: 2, state: { running: {} } },
              {
                name: 'b',
                image: 'x',
                imageID: '',
                ready: false,
                restartCount: 1,
                state: { waiting: { reason: 'CrashLoopBackOff' } },
              },
            ],
          },
        },
        show: ['status.phase'],
      },
      {
        call: 'GET /api/v1/namespaces/{{case}}/pods/p',
        accept: table,
        show: ['rows.0.cells.1', 'rows.0.cells.2', 'rows.0.cells.3', 'rows.0.cells.5', 'rows.0.conditions'],
      },
      { call: 'DELETE /api/v1/namespaces/{{case}}/pods/p', show: ['kind'] },
      { call: 'GET /api/v1/namespaces/{{case}}/pods/p', accept: table, show: ['rows.0.cells.2'] },
      {
        call: 'POST /api/v1/namespaces/{{case}}/pods',
        body: {
          metadata: { name: 'q' },
          spec: { automountServiceAccountToken: false, containers: [{ name: 'a', image: 'x' }] },
        },
        show: ['metadata.name'],
      },
      {
        call: 'PATCH /api/v1/namespaces/{{case}}/pods/q/status',
        type: 'application/merge-patch+json',
        body: { status: { phase: 'Succeeded' } },
        show: ['status.phase'],
      },
      { call: 'GET /api/v1/namespaces/{{case}}/pods/q', accept: table, show: ['rows.0.cells.2', 'rows.0.conditions'] },
      {
        call: 'POST /apis/policy/v1/namespaces/{{case}}/poddisruptionbudgets',
        body: { metadata: { name: 'b' }, spec: { maxUnavailable: '50%' } },
        accept: table,
        show: ['kind', 'rows.0.cells.0', 'rows.0.cells.1', 'rows.0.cells.2', 'rows.0.cells.3'],
      },
    ],
  },
]
