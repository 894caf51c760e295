/** The output of iptables-save(8) and nft(8) as rules. Pure; lines that are no rules are left out. */
import { isOfIptables, type Rule } from './known-chains.ts'

/** `*filter` begins a table, `-A CHAIN …` is a rule. */
export function parseIptables(text: string): readonly Rule[] {
  let table = 'filter'
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1).trim()
    const chain = /^-A (\S+)/.exec(line)?.[1]
    return chain === undefined ? [] : [{ table, chain, text: line.trim() }]
  })
}

/** `table inet fw {`, in it `chain in {`, in it rules; sets and maps have entries that look like none. */
export function parseNft(text: string): readonly Rule[] {
  let [table, chain] = ['', '']
  return text.split('\n').flatMap((line) => {
    const found = /^table (\S+ \S+) \{|^\t(?:chain (\S+)|(?:set|map|flowtable|ct \w+|counter|limit|quota) .*) \{/.exec(
      line,
    )
    if (found) {
      table = found[1] ?? table
      chain = found[2] ?? ''
      return []
    }
    const rule = /^\t\t(?!type |policy )(\S.*)$/.exec(line)?.[1]
    return rule === undefined || chain === '' || isOfIptables(table) ? [] : [{ table, chain, text: rule }]
  })
}

/** Words outside of comments. */
function bare(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '""')
}

export function refuses({ text }: Rule): boolean {
  return / -[jg] (?:REJECT|DROP)\b| --reject-with |(?:^|\s)(?:drop|reject)(?=$|\s+(?:with|comment)\b)/.test(bare(text))
}

/** Whether the rule sends packets for a port of this node elsewhere. */
export function diverts({ text }: Rule, port: number): boolean {
  const words = bare(text)
  if (!/ -j (?:DNAT|REDIRECT)\b|(?:^|\s)(?:dnat|redirect)\b/.test(words)) return false
  const ports = /(?: --dports? |(?:^|\s)(?:tcp|th) dport )(\{[^}]*\}|[\d:,-]+)/.exec(words)?.[1] ?? ''
  return ports
    .replace(/[{}\s]/g, '')
    .split(',')
    .some((range) => {
      const [from, to = from] = range.split(/[:-]/).map(Number)
      return from !== undefined && to !== undefined && from <= port && port <= to
    })
}
