/**
 * Rules of the packet filter. Only its own programs can read them: iptables-save(8) for what is written in that form,
 * whichever of its two kernel parts holds it, and nft(8) for the rest.
 */
import { askProgram, type ProgramHost } from '../../../host/programs.ts'
import type { Look } from '../../probe.ts'
import type { Rule } from './known-chains.ts'
import { parseIptables, parseNft } from './rules.ts'

export interface PacketFilterSample {
  /** Tables in which packets are refused. */
  readonly rules: readonly Rule[]
  /** Tables in which addresses are translated; undefined where they are too long to be read. */
  readonly translations: readonly Rule[] | undefined
}

const filters = [
  ['iptables-save', ['-t', 'filter'], parseIptables],
  ['ip6tables-save', ['-t', 'filter'], parseIptables],
  ['nft', ['-s', '-t', 'list', 'ruleset'], parseNft],
] as const

export async function readPacketFilter(from: ProgramHost): Promise<Look<PacketFilterSample>> {
  const rules: Rule[] = []
  const absent: string[] = []
  for (const [file, args, parse] of filters) {
    const answer = await askProgram(from, file, args)
    if ('failed' in answer) return answer
    if ('absent' in answer) absent.push(answer.absent)
    else rules.push(...parse(answer.output))
  }
  if (absent.length === filters.length) return { absent: absent[0] ?? '' }
  return { sample: { rules, translations: await translations(from, rules) } }
}

/** kube-proxy keeps its Services here, so it can be longer than anything that is worth reading. */
async function translations(from: ProgramHost, rules: readonly Rule[]): Promise<readonly Rule[] | undefined> {
  const answer = await askProgram(from, 'iptables-save', ['-t', 'nat'])
  if ('failed' in answer) return undefined
  return [...('output' in answer ? parseIptables(answer.output) : []), ...rules]
}
