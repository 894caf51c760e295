/** The cells of a pod, whose state in one word depends on many fields. */
import { type ApiObject, at, type Json, type JsonObject, listAt, numberAt, textAt } from '../json.ts'
import { age, humanDuration } from './age.ts'

export function podCells(pod: ApiObject, now: number): readonly Json[] {
  const sidecars = listAt(pod, 'spec', 'initContainers').filter((one) => one.restartPolicy === 'Always')
  const statuses = listAt(pod, 'status', 'containerStatuses')
  const total = listAt(pod, 'spec', 'containers').length + sidecars.length
  const ready = statuses.filter((one) => one.ready === true && at(one, 'state', 'running') !== undefined).length
  const none = (text: string): string => (text === '' ? '<none>' : text)
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason(pod),
    restarts(statuses, now),
    age(pod.metadata.creationTimestamp, now),
    none(textAt(listAt(pod, 'status', 'podIPs')[0], 'ip')),
    none(textAt(pod, 'spec', 'nodeName')),
    none(textAt(pod, 'status', 'nominatedNodeName')),
    readinessGates(pod),
  ]
}

function reason(pod: ApiObject): string {
  const phase = textAt(pod, 'status', 'phase')
  const deleting = pod.metadata.deletionTimestamp !== undefined
  if (deleting && at(pod, 'status', 'reason') === 'NodeLost') return 'Unknown'
  if (deleting && phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating'
  const gated = listAt(pod, 'status', 'conditions').some((one) => one.reason === 'SchedulingGated')
  let word = gated ? 'SchedulingGated' : textAt(pod, 'status', 'reason') || phase
  for (const status of [...listAt(pod, 'status', 'containerStatuses')].reverse()) word = stateWord(status) ?? word
  return word
}

function stateWord(status: JsonObject): string | undefined {
  const waiting = textAt(status, 'state', 'waiting', 'reason')
  if (waiting !== '') return waiting
  const ended = at(status, 'state', 'terminated')
  if (ended === undefined) return undefined
  const signal = numberAt(ended, 'signal')
  return textAt(ended, 'reason') || (signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(ended, 'exitCode')}`)
}

function restarts(statuses: readonly JsonObject[], now: number): string {
  const count = statuses.reduce((sum, status) => sum + numberAt(status, 'restartCount'), 0)
  const last = Math.max(
    ...statuses.map((one) => Date.parse(textAt(one, 'lastState', 'terminated', 'finishedAt')) || 0),
    0,
  )
  return count === 0 || last === 0 ? String(count) : `${count} (${humanDuration(now - last)} ago)`
}

function readinessGates(pod: ApiObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates')
  if (gates.length === 0) return '<none>'
  const open = gates.filter((gate) =>
    listAt(pod, 'status', 'conditions').some((one) => one.type === gate.conditionType && one.status === 'True'),
  )
  return `${open.length}/${gates.length}`
}
