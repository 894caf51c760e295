/** Compares what pods were given with the rules and routes that lead to them. */
import type { Measured } from '../../limits.ts'
import type { VpcCniSample } from './read.ts'

type Value = 'rule-missing' | 'route-missing' | 'inconsistent'

export function judgeVpcCni(sample: VpcCniSample): readonly Measured<Value>[] {
  const { allocations, ruledTo, tablesOf, routed, defaults } = sample
  const perPod = allocations.flatMap(({ address: device, pod, given }): readonly Measured<Value>[] => {
    const hasRule = ruledTo.has(device) || tablesOf.has(device)
    return [
      { value: 'rule-missing', amount: hasRule ? 0 : 1, device, parts: { pod } },
      {
        value: 'route-missing',
        amount: routed.has(device) ? 0 : 1,
        device,
        parts: { what: `to the address of pod ${pod}` },
      },
      {
        value: 'inconsistent',
        amount: given === undefined || given === device ? 0 : 1,
        device,
        parts: { pod, given: given ?? '' },
        tentative: given === undefined,
      },
    ]
  })
  const tables = new Set(allocations.flatMap(({ address }) => tablesOf.get(address) ?? []))
  const perTable = [...tables].map((table): Measured<Value> => {
    const parts = { what: 'to the outside in the table of a network card that pods use' }
    return { value: 'route-missing', amount: defaults.has(table) ? 0 : 1, device: `table-${table}`, parts }
  })
  return [...perPod, ...perTable]
}
