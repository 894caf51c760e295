/** Checks measured reasons against the monitors: what the catalogue alone cannot know. */
import type { CompiledProbe } from '../../catalog/compiled.ts'
import type { MonitorSpec } from './monitor.ts'

/** Says what is wrong with how `probe` measures, and what to write; empty when nothing is. */
export function probeComplaints(
  { monitor, value, message }: Pick<CompiledProbe, 'monitor' | 'value' | 'message'>,
  monitors: readonly Pick<MonitorSpec, 'name' | 'values'>[],
): readonly string[] {
  const measuring = monitors.filter(({ values }) => values !== undefined)
  const found = measuring.find(({ name }) => name === monitor)
  if (!found)
    return [`monitor: no monitor ${monitor} measures anything; write ${list(measuring.map(({ name }) => name))}`]
  const spec = found.values?.[value]
  if (!spec)
    return [`value: monitor ${monitor} declares no value ${value}; write ${list(Object.keys(found.values ?? {}))}`]
  const known = ['value', ...(spec.parts ?? [])]
  return [...message.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) =>
    known.includes(name) ? [] : [`message: {${name}} is no part of ${monitor}/${value}; write ${list(known)}`],
  )
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'another' : words.join(', ')
}
