/** What the server serves, in the three forms clients ask for: resource lists, group lists, aggregated. */
import type { JsonObject } from '../json.ts'
import { groupVersion, type KindTable, type ServedKind } from '../kinds.ts'

/** The Kubernetes version whose behaviour the server follows. */
export const servedVersion = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3+nodemend',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: 'linux/any',
}

const objectVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const namespaceVerbs = objectVerbs.filter((verb) => verb !== 'deletecollection')

/** The same verbs in the order in which definitions list them. */
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

function verbsOf(kind: ServedKind): readonly string[] {
  if (kind.custom) return customVerbs
  return kind.group === '' && kind.plural === 'namespaces' ? namespaceVerbs : objectVerbs
}

/** Create-only kinds that are answered but not stored. */
export const reviewGroups: Readonly<Record<string, readonly string[]>> = {
  'authorization.k8s.io/v1': ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  'authentication.k8s.io/v1': ['selfsubjectreviews'],
}

const reviewKinds: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
  selfsubjectreviews: 'SelfSubjectReview',
}

/** Group-versions in the order they are served, reviews included. */
export function groupVersions(kinds: KindTable): readonly string[] {
  return [...new Set([...kinds.all().map(groupVersion), ...Object.keys(reviewGroups)])]
}

const inVersion = (kinds: KindTable, gv: string): readonly ServedKind[] =>
  kinds.all().filter((kind) => groupVersion(kind) === gv)

/** `GET /api/v1` and `GET /apis/<group>/<version>`. */
export function resourceList(kinds: KindTable, gv: string): JsonObject {
  const resources = inVersion(kinds, gv).flatMap((kind): JsonObject[] => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    },
    ...kind.subresources.map((sub) => ({
      name: `${kind.plural}/${sub.name}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...(sub.group === kind.group && sub.version === kind.version ? {} : { group: sub.group, version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ])
  const reviews = (reviewGroups[gv] ?? []).map((name) => ({
    name,
    singularName: (reviewKinds[name] ?? '').toLowerCase(),
    namespaced: false,
    kind: reviewKinds[name] ?? '',
    verbs: ['create'],
  }))
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: gv, resources: [...resources, ...reviews] }
}

const groupOf = (gv: string): string => (gv.includes('/') ? (gv.split('/')[0] ?? '') : '')

/** Stable before beta before alpha, newer before older. */
function versionRank(version: string): number {
  const [, major = '0', stage, minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? []
  const level = stage === undefined ? 2 : stage === 'beta' ? 1 : 0
  return level * 1_000_000 + Number(major) * 1_000 + Number(minor)
}

/** `GET /apis/<group>`; undefined for a group that is not served. */
export function apiGroup(kinds: KindTable, group: string): JsonObject | undefined {
  const versions = groupVersions(kinds)
    .filter((gv) => groupOf(gv) === group && group !== '')
    .map((gv) => ({ groupVersion: gv, version: gv.split('/')[1] ?? '' }))
    .sort((a, b) => versionRank(b.version) - versionRank(a.version))
  const [preferred] = versions
  return preferred && { name: group, versions, preferredVersion: preferred }
}

/** `GET /apis`. */
export function groupList(kinds: KindTable): JsonObject {
  const groups = [...new Set(groupVersions(kinds).map(groupOf))].filter((group) => group !== '')
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((group) => apiGroup(kinds, group)).filter((one) => one !== undefined),
  }
}

/** `GET /api`. */
export function coreVersions(address: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  }
}

export const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** `GET /api` or `GET /apis` as one document, which `kubectl` asks for first. */
export function aggregated(kinds: KindTable, core: boolean): JsonObject {
  const groups = [...new Set(groupVersions(kinds).map(groupOf))].filter((group) => (group === '') === core)
  const items = groups.map((group) => ({
    metadata: core ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
    versions: groupVersions(kinds)
      .filter((gv) => groupOf(gv) === group)
      .map((gv) => ({
        version: core ? gv : (gv.split('/')[1] ?? ''),
        resources: [
          ...inVersion(kinds, gv).map(aggregatedKind),
          ...(reviewGroups[gv] ?? []).map((name) => review(gv, name)),
        ],
        freshness: 'Current',
      })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

function review(gv: string, name: string): JsonObject {
  const [group = '', version = ''] = gv.split('/')
  const kind = reviewKinds[name] ?? ''
  return {
    resource: name,
    responseKind: { group, version, kind },
    scope: 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  }
}

function aggregatedKind(kind: ServedKind): JsonObject {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    ...(kind.subresources.length > 0
      ? {
          subresources: kind.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }
      : {}),
  }
}
