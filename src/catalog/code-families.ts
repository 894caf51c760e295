/** Which families of findings carry codes. */
import type { CompiledCatalogue } from './compiled.ts'

/** Sorted. A rule takes the code from the line or leaves it to a decoder. */
export function codeFamilies({ reasons, rules }: CompiledCatalogue): readonly string[] {
  const own = new Map(reasons.map((one) => [one.reason, one.family]))
  const coded = rules.filter(({ code, decode }) => code !== undefined || decode !== undefined)
  return [...new Set(coded.flatMap(({ family, reason }) => family ?? own.get(reason) ?? []))].sort()
}
