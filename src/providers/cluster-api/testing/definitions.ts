/** As much of Cluster API's CRDs as we read and write: our own minimal form of the published ones. */
import {
  clusters,
  controlPlanes,
  machineDeployments,
  machineHealthChecks,
  machineSets,
  machines,
  type Version,
  type VersionedKind,
} from '../objects.ts'

/** Nobody reads one: it owns Machines, and garbage collection asks whether it is there. */
export const machinePools: VersionedKind = (version) => ({
  group: 'cluster.x-k8s.io',
  version,
  plural: 'machinepools',
  kind: 'MachinePool',
  namespaced: true,
})

const text = { type: 'string' }
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** v1beta2 keeps one condition of each type, and wants all fields of it; v1beta1 takes any list. */
function conditions(version: Version): object {
  const properties = { type: text, status: text, reason: text, message: text, lastTransitionTime: text }
  if (version === 'v1beta1') {
    const said = {
      ...properties,
      reason: { ...text, minLength: 1, maxLength: 256 },
      message: { ...text, minLength: 1 },
    }
    const required = ['type', 'status', 'lastTransitionTime']
    const items = { type: 'object', required, properties: { ...said, severity: { ...text, maxLength: 32 } } }
    return { type: 'array', items }
  }
  return {
    type: 'array',
    maxItems: 32,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    items: {
      type: 'object',
      required: Object.keys(properties),
      properties: { ...properties, reason: { ...text, minLength: 1 } },
    },
  }
}

function machineSchema(version: Version): object {
  const nodeRef = {
    type: 'object',
    properties: { name: text, ...(version === 'v1beta1' && { kind: text, uid: text }) },
  }
  const status = { type: 'object', properties: { nodeRef, conditions: conditions(version), phase: text } }
  return { type: 'object', properties: { spec: open, status } }
}

function definition(
  kindIn: VersionedKind,
  version: Version,
  schema: object = { type: 'object', properties: { spec: open, status: open } },
) {
  const { group, plural, kind } = kindIn(version)
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  }
}

/** The definitions of a server that serves one version. */
export function clusterApiDefinitions(version: Version) {
  return [
    definition(machines, version, machineSchema(version)),
    ...[machineSets, machineDeployments, controlPlanes, clusters, machineHealthChecks, machinePools].map((kind) =>
      definition(kind, version),
    ),
  ]
}
