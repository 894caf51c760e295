/** How the cells of nodes, events and workloads are read from an object. */
import { type ApiObject, at, type Json, listAt, mapAt, numberAt, textAt } from '../json.ts'
import { age } from './age.ts'

export const created = (object: ApiObject, now: number): string => age(object.metadata.creationTimestamp, now)
export const orNone = (text: string): string => (text === '' ? '<none>' : text)

export function nodeCells(node: ApiObject, now: number): readonly Json[] {
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

export function eventCells(event: ApiObject, now: number): readonly Json[] {
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

export function containerCells(object: ApiObject): readonly Json[] {
  const containers = listAt(object, 'spec', 'template', 'spec', 'containers')
  const texts = (field: string): string => containers.map((container) => textAt(container, field)).join(',')
  return [texts('name'), texts('image')]
}

export function selectorText(object: ApiObject): string {
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

export function amount(object: ApiObject, field: string): string {
  const value = at(object, 'spec', field)
  return value === undefined || value === null ? 'N/A' : String(value)
}
