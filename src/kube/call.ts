/** What follows from a {@link Call}: its path, its RBAC verb, its name for people, and whether the client may repeat it. */
import type { Call } from './api.ts'

/**
 * Path and query of a call below the server's address, e.g. `/api/v1/namespaces/default/pods?limit=500`. A namespaced
 * resource without a namespace means all namespaces, which only list and watch may ask for.
 */
export function pathOf(call: Call): string {
  const { resource } = call
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  const scope = resource.namespaced && call.namespace ? `/namespaces/${encodeURIComponent(call.namespace)}` : ''
  const name = call.name === undefined ? '' : `/${encodeURIComponent(call.name)}`
  const subresource = call.subresource === undefined ? '' : `/${call.subresource}`
  return `${root}${scope}/${resource.plural}${name}${subresource}${queryText(call)}`
}

function queryText(call: Call): string {
  const pairs: string[] = []
  for (const [key, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) pairs.push(`${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** The call for people: `apply nodes/status worker-1`, `list pods in kube-system`, `evict pods/eviction default/web-1`. */
export function describeCall(call: Call): string {
  const what = call.subresource === undefined ? call.resource.plural : `${call.resource.plural}/${call.subresource}`
  if (call.name !== undefined) {
    return `${call.verb} ${what} ${call.namespace === undefined ? '' : `${call.namespace}/`}${call.name}`
  }
  return call.namespace === undefined ? `${call.verb} ${what}` : `${call.verb} ${what} in ${call.namespace}`
}

/** HTTP method of the call. */
export function methodOf(call: Call): 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  switch (call.verb) {
    case 'get':
    case 'list':
    case 'watch':
      return 'GET'
    case 'create':
    case 'evict':
      return 'POST'
    case 'update':
      return 'PUT'
    case 'patch':
    case 'apply':
      return 'PATCH'
    case 'delete':
      return 'DELETE'
  }
}

/** What a Role must grant for the call, e.g. `verb "patch" on resource "nodes/status" (apiGroup "")`. */
export function permissionOf(call: Call): string {
  const verb = call.verb === 'apply' ? 'patch' : call.verb === 'evict' ? 'create' : call.verb
  const what = call.subresource === undefined ? call.resource.plural : `${call.resource.plural}/${call.subresource}`
  return `verb "${verb}" on resource "${what}" (apiGroup "${call.resource.group}")`
}

/**
 * True when sending the call twice leaves the same state as once, so that the client may repeat a broken exchange.
 * A JSON patch may append, so it is not; a delete is, by its preconditions.
 */
export function isIdempotent(call: Call): boolean {
  switch (call.verb) {
    case 'get':
    case 'list':
    case 'watch':
    case 'apply':
    case 'delete':
      return true
    case 'patch':
      return call.contentType !== 'application/json-patch+json'
    case 'update':
    case 'create':
    case 'evict':
      return false
  }
}
