/** Finds rules that refuse packets where no component of a cluster does, and rules that take kubelet's port away. */
import type { Measured } from '../../limits.ts'
import { isKnown, type Rule } from './known-chains.ts'
import type { PacketFilterSample } from './read.ts'
import { diverts, refuses } from './rules.ts'

/** kubelet's API: logs, exec, metrics. */
const kubeletPort = 10_250
const longestRule = 200

export function judgePacketFilter({
  rules,
  translations,
}: PacketFilterSample): readonly Measured<'reject-rules' | 'diverted-ports'>[] {
  const chains = new Map<string, Rule[]>()
  for (const rule of rules.filter((one) => refuses(one) && !isKnown(one))) {
    const place = `${rule.table}/${rule.chain}`.replace(' ', '/')
    chains.set(place, [...(chains.get(place) ?? []), rule])
  }
  const taken = translations?.filter((rule) => diverts(rule, kubeletPort)) ?? []
  return [
    ...[...chains].map(
      ([device, [first, ...others]]): Measured<'reject-rules'> => ({
        value: 'reject-rules',
        amount: 1 + others.length,
        device,
        parts: { rule: shown(first) },
      }),
    ),
    {
      value: 'diverted-ports',
      amount: taken.length,
      parts: { port: kubeletPort, rule: shown(taken[0]) },
      tentative: translations === undefined,
    },
  ]
}

function shown(rule: Rule | undefined): string {
  return rule?.text.slice(0, longestRule) ?? ''
}
