/** From a URL to a kind, an object and a verb. */
import { methodNotAllowed, noSuchResource, pageNotFound } from '../failure.ts'
import type { KindTable, ServedKind } from '../kinds.ts'

export interface ResourceRoute {
  readonly kind: ServedKind
  readonly namespace: string | undefined
  /** Empty for a collection. */
  readonly name: string
  readonly subresource: string
}

/** Splits a path into decoded segments. */
export function segments(pathname: string): readonly string[] {
  return pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part)
      } catch {
        return part
      }
    })
}

/** True when a handler serves a path below that group: built-in groups serve all their paths, others only their kinds. */
export function isServed(kinds: KindTable, path: readonly string[]): boolean {
  const [, group = '', version = '', first = '', , plural = ''] = path
  if (kinds.all().some((kind) => kind.group === group && !kind.custom)) return true
  return [first, plural].some((name) => kinds.find(group, version, name) !== undefined)
}

/** The resource behind `/api/v1/…` or `/apis/<group>/<version>/…`; throws 404 where there is none. */
export function resourceRoute(kinds: KindTable, path: readonly string[]): ResourceRoute {
  const core = path[0] === 'api'
  const group = core ? '' : (path[1] ?? '')
  const version = (core ? path[1] : path[2]) ?? ''
  const rest = path.slice(core ? 2 : 3)
  const inNamespace =
    rest[0] === 'namespaces' && rest.length > 2 && kinds.find(group, version, rest[2] ?? '') !== undefined
  const [plural = '', name = '', subresource = '', ...more] = inNamespace ? rest.slice(2) : rest
  const kind = kinds.find(group, version, plural)
  if (!kind || more.length > 0 || (inNamespace && !kind.namespaced)) throw noSuchResource()
  if (subresource !== '' && !kind.subresources.some((sub) => sub.name === subresource)) throw noSuchResource()
  const namespace = inNamespace ? rest[1] : undefined
  if (kind.namespaced && namespace === undefined && name !== '') throw noSuchResource()
  return { kind, namespace, name, subresource }
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** The API verb of a method on a route; throws 405. */
export function verbOf(method: string, route: ResourceRoute, watching: boolean): Verb {
  const { kind, name, subresource } = route
  const verb = ((): Verb | undefined => {
    switch (method) {
      case 'GET':
      case 'HEAD':
        return name !== '' ? 'get' : watching ? 'watch' : 'list'
      case 'POST':
        return name === '' || subresource !== '' ? 'create' : undefined
      case 'PUT':
        return name === '' ? undefined : 'update'
      case 'PATCH':
        return name === '' ? undefined : 'patch'
      case 'DELETE':
        return name === '' ? 'deletecollection' : 'delete'
      default:
        return undefined
    }
  })()
  const sub = kind.subresources.find((one) => one.name === subresource)
  if (!verb || (subresource !== '' && !sub?.verbs.includes(verb))) throw methodNotAllowed()
  if (verb === 'create' && kind.namespaced && route.namespace === undefined) {
    throw kind.custom ? pageNotFound() : methodNotAllowed()
  }
  if (verb === 'deletecollection' && kind.group === '' && kind.plural === 'namespaces') throw methodNotAllowed()
  return verb
}
