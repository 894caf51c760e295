/** The paths without objects: health, version, discovery, OpenAPI, and reviews of the caller's own access. */
import type { JsonObject } from '../json.ts'
import { textAt } from '../json.ts'
import type { User } from './access.ts'
import {
  aggregated,
  aggregatedType,
  apiGroup,
  coreVersions,
  groupList,
  groupVersions,
  resourceList,
  servedVersion,
} from './discovery.ts'
import { parseAccept, parseBody } from './negotiate.ts'
import { openApiDocument, openApiIndex } from './openapi.ts'
import type { ServerState } from './server-state.ts'

export interface Page {
  readonly code: number
  readonly type: string
  readonly body: string
}

export interface PageRequest {
  readonly path: readonly string[]
  readonly method: string
  readonly accept: string | undefined
  readonly body: Buffer
  readonly contentType: string
}

const json = (body: JsonObject, code = 200, type = 'application/json'): Page => ({
  code,
  type,
  body: `${JSON.stringify(body)}\n`,
})
const plain = (body: string): Page => ({ code: 200, type: 'text/plain; charset=utf-8', body })

/** The page; undefined when the path is not one of a page. */
export async function plainPage(state: ServerState, user: User, request: PageRequest): Promise<Page | undefined> {
  const { path, method } = request
  const [first, second, third] = path
  if (method === 'POST' && (second === 'authorization.k8s.io' || second === 'authentication.k8s.io')) {
    return path[3] === undefined ? undefined : json(await review(path[3], user, request), 201)
  }
  if (method !== 'GET' && method !== 'HEAD') return undefined
  switch (first) {
    case 'healthz':
    case 'livez':
    case 'readyz':
      return plain('ok')
    case 'version':
      return json(servedVersion)
    case undefined:
      return json({ paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] })
    case 'openapi':
      return second === 'v3' ? openApi(state, path.slice(2)) : undefined
    case 'api':
    case 'apis':
      return discovery(state, request, { core: first === 'api', second, third })
    default:
      return undefined
  }
}

function openApi(state: ServerState, rest: readonly string[]): Page | undefined {
  if (rest.length === 0) return json(openApiIndex(state.cluster.kinds))
  const document = openApiDocument(state.cluster.kinds, rest.join('/'))
  return document && json(document)
}

interface Place {
  readonly core: boolean
  readonly second: string | undefined
  readonly third: string | undefined
}

function discovery(state: ServerState, request: PageRequest, place: Place): Page | undefined {
  const { kinds } = state.cluster
  const { core, second, third } = place
  if (second === undefined) {
    if (wantsAggregated(request.accept)) return json(aggregated(kinds, core), 200, aggregatedType)
    return json(core ? coreVersions(state.address()) : groupList(kinds))
  }
  if (core) return second === 'v1' && third === undefined ? json(resourceList(kinds, 'v1')) : undefined
  if (third === undefined) {
    const group = apiGroup(kinds, second)
    return group && json({ kind: 'APIGroup', apiVersion: 'v1', ...group })
  }
  const gv = `${second}/${third}`
  return request.path.length === 3 && groupVersions(kinds).includes(gv) ? json(resourceList(kinds, gv)) : undefined
}

function wantsAggregated(accept: string | undefined): boolean {
  const [best] = parseAccept(accept)
  return best?.params.as === 'APIGroupDiscoveryList' && best.params.v === 'v2'
}

/** `kubectl auth can-i` and `kubectl auth whoami`. */
async function review(plural: string, user: User, request: PageRequest): Promise<JsonObject> {
  const body = request.body.length === 0 ? {} : await parseBody(request.body, request.contentType)
  const metadata = { creationTimestamp: null }
  if (plural === 'selfsubjectreviews') {
    const userInfo = { username: user.name, groups: [...(user.groups ?? []), 'system:authenticated'] }
    return { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata, status: { userInfo } }
  }
  const asked = (name: string): string => textAt(body, 'spec', 'resourceAttributes', name)
  const verb = asked('verb') as Parameters<NonNullable<User['may']>>[0] // an unknown verb is not allowed
  const allowed = user.may?.(verb, asked('resource'), asked('subresource')) ?? true
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata,
    spec: {},
    status: { allowed },
  }
}
