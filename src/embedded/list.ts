/** Lists: selectors, pages that continue one consistent snapshot, and answers as of an older resource version. */
import type { Cluster } from './cluster.ts'
import { ApiFailure, badRequest, type Cause, expired, forbiddenField, invalid } from './failure.ts'
import { type ApiObject, isObject, type Json } from './json.ts'
import { type ServedKind, storageKey } from './kinds.ts'
import { fieldSelector, labelSelector, type Match } from './selector.ts'
import { objectKey } from './store.ts'

export interface Selection {
  readonly kind: ServedKind
  readonly namespace: string | undefined
  readonly matches: Match
}

export interface ListPage {
  readonly items: readonly ApiObject[]
  readonly revision: number
  readonly continueToken: string | undefined
  /** How many more there are; undefined where a selector hides it. */
  readonly remaining: number | undefined
}

/** The selection of a list, watch or collection delete. Throws 400 for a malformed selector. */
export function selectionOf(kind: ServedKind, namespace: string | undefined, query: URLSearchParams): Selection {
  const labels = labelSelector(query.get('labelSelector') ?? '')
  const fields = fieldSelector(query.get('fieldSelector') ?? '', kind)
  const inPlace = (object: ApiObject): boolean => namespace === undefined || object.metadata.namespace === namespace
  return { kind, namespace, matches: (object) => inPlace(object) && labels(object) && fields(object) }
}

interface Token {
  readonly revision: number
  /** Key of the last object of the page before. */
  readonly after: string
}

const listOptions = { group: 'meta.k8s.io', plural: '', kind: 'ListOptions' }

/** One page. Throws 400, 410 or 422. */
export function listPage(cluster: Cluster, selection: Selection, query: URLSearchParams): ListPage {
  const token = readToken(query.get('continue'))
  const limit = Number(query.get('limit') ?? 0) || 0
  if (token && query.get('resourceVersion') && query.get('resourceVersion') !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  const revision = token?.revision ?? askedRevision(cluster, query, selection.kind)
  const all = snapshot(cluster, selection, revision, token)
  const rest = token ? all.filter((object) => keyOf(object) > token.after) : all
  const matching = rest.filter(selection.matches)
  const items = limit > 0 ? matching.slice(0, limit) : matching
  const last = items.at(-1)
  const more = matching.length > items.length && last !== undefined
  const selects = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== ''
  return {
    items,
    revision,
    continueToken: more ? writeToken({ revision, after: keyOf(last) }) : undefined,
    remaining: more && !selects ? matching.length - items.length : undefined,
  }
}

const keyOf = (object: ApiObject): string => objectKey(object.metadata.namespace, object.metadata.name)

/** The revision to answer at: now, or exactly the one asked for. */
function askedRevision(cluster: Cluster, query: URLSearchParams, kind: ServedKind): number {
  const { store } = cluster
  const asked = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  const causes: Cause[] = []
  if (match !== '' && asked === '') {
    causes.push(
      forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    )
  }
  if (query.get('sendInitialEvents') !== null) {
    causes.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  if (causes.length > 0) throw invalid(listOptions, '', causes)
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    throw invalid(listOptions, '', [
      {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
        field: 'resourceVersionMatch',
      },
    ])
  }
  if (match === 'Exact' && asked === '0')
    throw matchFailure('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  const revision = parseRevision(asked)
  if (revision > store.revision) throw tooLarge(revision, store.revision)
  if (match !== 'Exact' && !(match === '' && query.get('limit') && revision > 0)) return store.revision
  if (revision < store.oldest(storageKey(kind))) {
    throw expired('The resourceVersion for the provided list is too old.')
  }
  return revision
}

function matchFailure(detail: string): ApiFailure {
  return invalid(listOptions, '', [
    { reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field: 'resourceVersionMatch' },
  ])
}

/** 0 for an empty text. Throws 400 for one that is no revision. */
export function parseRevision(text: string): number {
  if (text === '') return 0
  if (!/^\d+$/.test(text)) {
    const quoted = JSON.stringify(text)
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
    )
  }
  return Number(text)
}

/** The revision is in the future; the client may wait and try again. */
export function tooLarge(asked: number, current: number): ApiFailure {
  return new ApiFailure(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

/** The objects as they were at `revision`: the present, with every later event undone. */
function snapshot(
  cluster: Cluster,
  selection: Selection,
  revision: number,
  token: Token | undefined,
): readonly ApiObject[] {
  const { store } = cluster
  const key = storageKey(selection.kind)
  const present = store.list(key, selection.namespace)
  const from = store.positionAfter(key, revision)
  const end = store.end(key)
  if (from === end) return present
  if (from === undefined) throw tooOld(cluster, token)
  const objects = new Map(present.map((object) => [keyOf(object), object]))
  for (let position = end - 1; position >= from; position--) {
    const event = store.eventAt(key, position)
    if (event === undefined || event === 'dropped') throw tooOld(cluster, token)
    if (selection.namespace !== undefined && event.object.metadata.namespace !== selection.namespace) continue
    if (event.previous) objects.set(keyOf(event.object), event.previous)
    else objects.delete(keyOf(event.object))
  }
  return [...objects.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
}

function tooOld(cluster: Cluster, token: Token | undefined): ApiFailure {
  if (!token) return expired('The resourceVersion for the provided list is too old.')
  const resumed = writeToken({ revision: cluster.store.revision, after: token.after })
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { continue: resumed },
  )
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.after })).toString(
    'base64url',
  )
}

function readToken(text: string | null): Token | undefined {
  if (!text) return undefined
  const parsed = tryParse(Buffer.from(text, 'base64url').toString())
  if (!isObject(parsed) || typeof parsed.rv !== 'number' || typeof parsed.start !== 'string') {
    throw badRequest('continue key is not valid: invalid continue token')
  }
  return { revision: parsed.rv, after: parsed.start }
}

function tryParse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json // the caller checks its form
  } catch {
    return undefined
  }
}
