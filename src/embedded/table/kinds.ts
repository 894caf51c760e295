/** The tables of the built-in kinds. */
import { at, listAt, mapAt, numberAt, textAt } from '../json.ts'
import { amount, containerCells, created, eventCells, nodeCells, orNone, selectorText } from './cells.ts'
import { columns, type TableSpec } from './columns.ts'
import { podCells } from './pod-cells.ts'

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
