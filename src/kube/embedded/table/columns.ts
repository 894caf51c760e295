/** The columns `kubectl get` shows for each built-in kind, and how a cell is read from an object. */
import { type ApiObject, at, type Json, listAt, mapAt, numberAt, textAt } from '../json.ts'
import { age } from './age.ts'
import { podCells } from './pod-cells.ts'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'number' | 'date'
  readonly format?: string
  /** 1 shows only with `-o wide`. */
  readonly priority: number
  readonly description: string
}

export interface TableSpec {
  readonly columns: readonly Column[]
  readonly cells: (object: ApiObject, nowMs: number) => readonly Json[]
}

const nameText =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'
const ageText =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

export const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', priority: 0, description: nameText }
export const ageColumn: Column = { name: 'Age', type: 'string', priority: 0, description: ageText }

/** `Ready`, `Restarts:integer`, `IP!` (wide only), `Attacher@` (a name). */
function columns(...words: readonly string[]): readonly Column[] {
  return words.map((word) => {
    if (word === 'Name') return nameColumn
    if (word === 'Age') return ageColumn
    const [, name = '', type = 'string', wide, isName] = /^([^:!@]+)(?::(\w+))?(!)?(@)?$/.exec(word) ?? []
    return {
      name,
      type: type as Column['type'],
      priority: wide ? 1 : 0,
      description: name,
      ...(isName ? { format: 'name' } : {}),
    } // the words are below
  })
}

const created = (object: ApiObject, now: number): string => age(object.metadata.creationTimestamp, now)
const orNone = (text: string): string => (text === '' ? '<none>' : text)

function nodeCells(node: ApiObject, now: number): readonly Json[] {
  const ready = listAt(node, 'status', 'conditions').find((one) => one.type === 'Ready')
  const status = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown']
  if (at(node, 'spec', 'unschedulable') === true) status.push('SchedulingDisabled')
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith('node-role.kubernetes.io/')) return [key.slice('node-role.kubernetes.io/'.length)]
    return key === 'kubernetes.io/role' ? [value] : []
  })
  const info = at(node, 'status', 'nodeInfo')
  const address = (type: string): string =>
    textAt(
      listAt(node, 'status', 'addresses').find((one) => one.type === type),
      'address',
    )
  const architecture = textAt(info, 'architecture')
  const kernel = textAt(info, 'kernelVersion') || '<unknown>'
  return [
    node.metadata.name,
    status.join(','),
    orNone(
      roles
        .filter((role) => role !== '')
        .sort()
        .join(','),
    ),
    created(node, now),
    textAt(info, 'kubeletVersion'),
    orNone(address('InternalIP')),
    orNone(address('ExternalIP')),
    textAt(info, 'osImage') || '<unknown>',
    architecture === '' ? kernel : `${kernel} (${architecture})`,
    textAt(info, 'containerRuntimeVersion') || '<unknown>',
  ]
}

function eventCells(event: ApiObject, now: number): readonly Json[] {
  const first = age(at(event, 'firstTimestamp') ?? at(event, 'eventTime'), now)
  const series = at(event, 'series')
  const last = series
    ? age(at(series, 'lastObservedTime'), now)
    : at(event, 'lastTimestamp') == null
      ? first
      : age(at(event, 'lastTimestamp'), now)
  const about = at(event, 'involvedObject')
  const name = textAt(about, 'name')
  const component = textAt(event, 'source', 'component') || textAt(event, 'reportingComponent')
  const host = textAt(event, 'source', 'host') || textAt(event, 'reportingInstance')
  return [
    last,
    textAt(event, 'type'),
    textAt(event, 'reason'),
    `${textAt(about, 'kind').toLowerCase()}${name === '' ? '' : `/${name}`}`,
    textAt(about, 'fieldPath'),
    host === '' ? component : `${component}, ${host}`,
    textAt(event, 'message').trim(),
    first,
    numberAt(series ?? event, 'count') || 1,
    event.metadata.name,
  ]
}

function containerCells(object: ApiObject): readonly Json[] {
  const containers = listAt(object, 'spec', 'template', 'spec', 'containers')
  const texts = (field: string): string => containers.map((container) => textAt(container, field)).join(',')
  return [texts('name'), texts('image')]
}

function selectorText(object: ApiObject): string {
  const selector = at(object, 'spec', 'selector')
  const labels = Object.entries(mapAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`)
  const terms = listAt(selector, 'matchExpressions').map((term) => {
    const values = Array.isArray(term.values) ? term.values.join(',') : ''
    const operator = textAt(term, 'operator')
    if (operator === 'Exists') return textAt(term, 'key')
    return operator === 'DoesNotExist'
      ? `!${textAt(term, 'key')}`
      : `${textAt(term, 'key')} ${operator.toLowerCase()} (${values})`
  })
  return orNone([...labels, ...terms].sort().join(','))
}

function amount(object: ApiObject, field: string): string {
  const value = at(object, 'spec', field)
  return value === undefined || value === null ? 'N/A' : String(value)
}

const replicaColumns = columns(
  'Name',
  'Desired:integer',
  'Current:integer',
  'Ready:integer',
  'Age',
  'Containers!',
  'Images!',
  'Selector!',
)

/** Keyed by plural. Kinds that are not here show name and age. */
export const tables: Readonly<Record<string, TableSpec>> = {
  nodes: {
    columns: columns(
      'Name',
      'Status',
      'Roles',
      'Age',
      'Version',
      'Internal-IP!',
      'External-IP!',
      'OS-Image!',
      'Kernel-Version!',
      'Container-Runtime!',
    ),
    cells: nodeCells,
  },
  pods: {
    columns: columns(
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP!',
      'Node!',
      'Nominated Node!',
      'Readiness Gates!',
    ),
    cells: podCells,
  },
  events: {
    columns: columns(
      'Last Seen',
      'Type',
      'Reason',
      'Object',
      'Subobject!',
      'Source!',
      'Message',
      'First Seen!',
      'Count!',
      'Name!@',
    ),
    cells: eventCells,
  },
  namespaces: {
    columns: columns('Name', 'Status', 'Age'),
    cells: (one, now) => [one.metadata.name, textAt(one, 'status', 'phase'), created(one, now)],
  },
  leases: {
    columns: columns('Name', 'Holder', 'Age'),
    cells: (one, now) => [one.metadata.name, textAt(one, 'spec', 'holderIdentity'), created(one, now)],
  },
  poddisruptionbudgets: {
    columns: columns('Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions:integer', 'Age'),
    cells: (one, now) => [
      one.metadata.name,
      amount(one, 'minAvailable'),
      amount(one, 'maxUnavailable'),
      numberAt(one, 'status', 'disruptionsAllowed'),
      created(one, now),
    ],
  },
  replicasets: {
    columns: replicaColumns,
    cells: (one, now) => [
      one.metadata.name,
      numberAt(one, 'spec', 'replicas'),
      numberAt(one, 'status', 'replicas'),
      numberAt(one, 'status', 'readyReplicas'),
      created(one, now),
      ...containerCells(one),
      selectorText(one),
    ],
  },
  deployments: {
    columns: columns('Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers!', 'Images!', 'Selector!'),
    cells: (one, now) => [
      one.metadata.name,
      `${numberAt(one, 'status', 'readyReplicas')}/${numberAt(one, 'spec', 'replicas')}`,
      numberAt(one, 'status', 'updatedReplicas'),
      numberAt(one, 'status', 'availableReplicas'),
      created(one, now),
      ...containerCells(one),
      selectorText(one),
    ],
  },
  daemonsets: {
    columns: columns(
      'Name',
      'Desired:integer',
      'Current:integer',
      'Ready:integer',
      'Up-to-date:integer',
      'Available:integer',
      'Node Selector',
      'Age',
      'Containers!',
      'Images!',
      'Selector!',
    ),
    cells: (one, now) => [
      one.metadata.name,
      ...[
        'desiredNumberScheduled',
        'currentNumberScheduled',
        'numberReady',
        'updatedNumberScheduled',
        'numberAvailable',
      ].map((field) => numberAt(one, 'status', field)),
      orNone(
        Object.entries(mapAt(one, 'spec', 'template', 'spec', 'nodeSelector'))
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
      ),
      created(one, now),
      ...containerCells(one),
      selectorText(one),
    ],
  },
  statefulsets: {
    columns: columns('Name', 'Ready', 'Age', 'Containers!', 'Images!'),
    cells: (one, now) => [
      one.metadata.name,
      `${numberAt(one, 'status', 'readyReplicas')}/${numberAt(one, 'spec', 'replicas')}`,
      created(one, now),
      ...containerCells(one),
    ],
  },
  secrets: {
    columns: columns('Name', 'Type', 'Data', 'Age'),
    cells: (one, now) => [
      one.metadata.name,
      textAt(one, 'type'),
      Object.keys(mapAt(one, 'data')).length,
      created(one, now),
    ],
  },
  configmaps: {
    columns: columns('Name', 'Data', 'Age'),
    cells: (one, now) => [
      one.metadata.name,
      Object.keys(mapAt(one, 'data')).length + Object.keys(mapAt(one, 'binaryData')).length,
      created(one, now),
    ],
  },
  controllerrevisions: {
    columns: columns('Name', 'Controller', 'Revision', 'Age'),
    cells: (one, now) => {
      const owner = listAt(one, 'metadata', 'ownerReferences').find((reference) => reference.controller === true)
      const group = textAt(owner, 'apiVersion').includes('/') ? `.${textAt(owner, 'apiVersion').split('/')[0]}` : ''
      const controller = owner ? `${textAt(owner, 'kind').toLowerCase()}${group}/${textAt(owner, 'name')}` : '<none>'
      return [one.metadata.name, controller, numberAt(one, 'revision'), created(one, now)]
    },
  },
  volumeattachments: {
    columns: columns('Name', 'Attacher@', 'PV', 'Node', 'Attached:boolean', 'Age'),
    cells: (one, now) => [
      one.metadata.name,
      textAt(one, 'spec', 'attacher'),
      textAt(one, 'spec', 'source', 'persistentVolumeName'),
      textAt(one, 'spec', 'nodeName'),
      at(one, 'status', 'attached') === true,
      created(one, now),
    ],
  },
  customresourcedefinitions: {
    columns: columns('Name', 'Created At:date'),
    cells: (one) => [one.metadata.name, one.metadata.creationTimestamp ?? ''],
  },
  serviceaccounts: {
    columns: columns('Name', 'Age'),
    cells: (one, now) => [one.metadata.name, created(one, now)],
  },
}
