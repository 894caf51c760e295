/** Authentication by bearer token, and authorization. */
import { timingSafeEqual } from 'node:crypto'
import { ApiFailure, qualified, unauthorized } from '../failure.ts'
import type { ResourceRoute, Verb } from './route.ts'

export interface User {
  readonly token: string
  readonly name: string
  readonly groups?: readonly string[]
  /** False refuses with 403; without this function the user may do everything, as `system:masters` may. */
  readonly may?: (verb: Verb, resource: string, subresource: string) => boolean
}

/** The user of a call without a token, who may read the health and version pages only. */
const anonymous: User = { token: '', name: 'system:anonymous', groups: ['system:unauthenticated'], may: () => false }
const publicPages = ['healthz', 'livez', 'readyz', 'version']

/** The user of an Authorization header; throws 401 for an unknown token. */
export function authenticate(users: readonly User[], header: string | undefined): User {
  if (header === undefined) return anonymous
  const token = /^Bearer\s+(\S+)\s*$/i.exec(header ?? '')?.[1]
  const user = token === undefined ? undefined : users.find((one) => sameText(one.token, token))
  if (!user) throw unauthorized()
  return user
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Throws 403 when the user may not read a page outside the API. */
export function authorizePage(user: User, method: string, path: readonly string[]): void {
  if (user !== anonymous || publicPages.includes(path[0] ?? '')) return
  const why = `forbidden: User "${user.name}" cannot ${method.toLowerCase()} path "/${path.join('/')}"`
  throw new ApiFailure(403, 'Forbidden', why, {})
}

/** Throws 403 with RBAC's message when the user may not make the call. */
export function authorize(user: User, verb: Verb, route: ResourceRoute): void {
  const { kind, name, namespace, subresource } = route
  if (!user.may || user.may(verb, kind.plural, subresource)) return
  const resource = subresource === '' ? kind.plural : `${kind.plural}/${subresource}`
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${kind.group}" ${scope}`
  const what = name === '' ? qualified(kind) : `${qualified(kind)} "${name}"`
  throw new ApiFailure(403, 'Forbidden', `${what} is forbidden: ${why}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.plural,
  })
}
