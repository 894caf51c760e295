/** Which families of findings carry codes, for overrides per code. */
import type { CompiledCatalogue } from './compiled.ts'

/** Sorted. A code comes from the line or its decoder; of a measured reason or a finding of the agent itself it is a name. */
export function codeFamilies({ reasons, rules }: CompiledCatalogue): readonly string[] {
  const logged = new Set(rules.map(({ reason }) => reason))
  const byReason = new Map(reasons.map(({ reason, family }) => [reason, family]))
  const coded = rules.filter(({ code, decode }) => code !== undefined || decode !== undefined)
  const families = [
    ...coded.flatMap(({ family, reason }) => family ?? byReason.get(reason) ?? []),
    ...reasons.filter(({ reason, probe }) => probe !== undefined || !logged.has(reason)).map(({ family }) => family),
  ]
  return [...new Set(families)].sort()
}
