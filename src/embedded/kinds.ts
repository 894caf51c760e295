/** The served kinds: the built-in table, and at run time those of CustomResourceDefinitions. */
import type { Resource } from '../kube/api.ts'
import type { JsonObject } from './json.ts'
import type { StructShape } from './schema/shape.ts'
import { builtinType } from './schema/types.ts'

/** How a kind is served. Extends the client's {@link Resource}, so one can be used where the other is expected. */
export interface ServedKind extends Resource {
  readonly singular: string
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly shape: StructShape
  /** Has a `status` subresource: the main resource then ignores status, the subresource everything else. */
  readonly hasStatus: boolean
  /** `metadata.generation` counts changes of the desired state. */
  readonly hasGeneration: boolean
  readonly subresources: readonly Subresource[]
  /** Present for a custom resource: its definition's version entry. */
  readonly custom?: CustomVersion
}

export interface Subresource {
  readonly name: string
  readonly kind: string
  readonly group: string
  readonly version: string
  readonly verbs: readonly string[]
}

/** The parts of a CRD version that serving needs. */
export interface CustomVersion {
  readonly schema: JsonObject | undefined
  readonly columns: readonly JsonObject[]
  readonly scale: JsonObject | undefined
  readonly selectable: readonly string[]
  /** Names are accepted and the definition is established. */
  readonly definition: string
}

/** `apps/v1`, or `v1`. */
export function groupVersion(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
}

/** The key of a kind's storage, the same for all versions: `nodes`, `leases.coordination.k8s.io`. */
export function storageKey(kind: { readonly group: string; readonly plural: string }): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}

const statusVerbs = ['get', 'patch', 'update'] as const

export function statusSubresource(kind: Resource): Subresource {
  return { name: 'status', kind: kind.kind, group: kind.group, version: kind.version, verbs: statusVerbs }
}

export const scaleSubresource: Subresource = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: statusVerbs,
}

interface Row {
  readonly gv: string
  readonly plural: string
  readonly kind: string
  readonly short?: string
  readonly all?: boolean
  readonly cluster?: boolean
  readonly status?: boolean
  readonly generation?: boolean
  readonly scale?: boolean
  readonly extra?: readonly Subresource[]
}

const podExtras: readonly Subresource[] = [
  { name: 'binding', kind: 'Binding', group: '', version: 'v1', verbs: ['create'] },
  { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
]
const workload = { status: true, generation: true, scale: true, all: true }
const rows: readonly Row[] = [
  { gv: 'v1', plural: 'namespaces', kind: 'Namespace', short: 'ns', cluster: true, status: true },
  { gv: 'v1', plural: 'nodes', kind: 'Node', short: 'no', cluster: true, status: true },
  { gv: 'v1', plural: 'pods', kind: 'Pod', short: 'po', status: true, generation: true, all: true, extra: podExtras },
  { gv: 'v1', plural: 'events', kind: 'Event', short: 'ev' },
  { gv: 'v1', plural: 'configmaps', kind: 'ConfigMap', short: 'cm' },
  { gv: 'v1', plural: 'secrets', kind: 'Secret' },
  { gv: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', short: 'sa' },
  { gv: 'apps/v1', plural: 'replicasets', kind: 'ReplicaSet', short: 'rs', ...workload },
  { gv: 'apps/v1', plural: 'deployments', kind: 'Deployment', short: 'deploy', ...workload },
  { gv: 'apps/v1', plural: 'statefulsets', kind: 'StatefulSet', short: 'sts', ...workload },
  { gv: 'apps/v1', plural: 'daemonsets', kind: 'DaemonSet', short: 'ds', ...workload, scale: false },
  { gv: 'apps/v1', plural: 'controllerrevisions', kind: 'ControllerRevision' },
  { gv: 'coordination.k8s.io/v1', plural: 'leases', kind: 'Lease' },
  {
    gv: 'policy/v1',
    plural: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    short: 'pdb',
    status: true,
    generation: true,
  },
  { gv: 'storage.k8s.io/v1', plural: 'volumeattachments', kind: 'VolumeAttachment', cluster: true, status: true },
  {
    gv: 'apiextensions.k8s.io/v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    short: 'crd,crds',
    cluster: true,
    status: true,
    generation: true,
  },
]

function served(row: Row): ServedKind {
  const [group = '', version = row.gv] = row.gv.includes('/') ? row.gv.split('/') : []
  const resource: Resource = { group, version, plural: row.plural, kind: row.kind, namespaced: row.cluster !== true }
  return {
    ...resource,
    singular: row.kind.toLowerCase(),
    listKind: `${row.kind}List`,
    shortNames: row.short?.split(',') ?? [],
    categories: row.all ? ['all'] : row.plural === 'customresourcedefinitions' ? ['api-extensions'] : [],
    shape: builtinType(row.kind),
    hasStatus: row.status === true,
    hasGeneration: row.generation === true,
    subresources: [
      ...(row.status ? [statusSubresource(resource)] : []),
      ...(row.scale ? [scaleSubresource] : []),
      ...(row.extra ?? []),
    ],
  }
}

export const builtinKinds: readonly ServedKind[] = rows.map(served)

/** The kinds that are served now. */
export class KindTable {
  readonly #kinds = new Map<string, ServedKind>()

  constructor() {
    for (const kind of builtinKinds) this.add(kind)
  }

  all(): readonly ServedKind[] {
    return [...this.#kinds.values()]
  }

  find(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#kinds.get(`${group}/${version}/${plural}`)
  }

  /** The kind of a `(group, kind)` pair in any version, e.g. of an owner reference. */
  ofKind(group: string, kind: string): ServedKind | undefined {
    return this.all().find((one) => one.group === group && one.kind === kind)
  }

  add(kind: ServedKind): void {
    this.#kinds.set(`${kind.group}/${kind.version}/${kind.plural}`, kind)
  }

  /** Stops serving every version that a definition added. */
  withdraw(definition: string): void {
    for (const [key, kind] of this.#kinds) if (kind.custom?.definition === definition) this.#kinds.delete(key)
  }
}

/** The built-in kind of that plural, for models and tests. */
export function builtinKind(plural: string): ServedKind {
  const found = builtinKinds.find((kind) => kind.plural === plural)
  if (!found) throw new Error(`no built-in kind ${plural}`)
  return found
}
