/**
 * CPU per kernel line that means nothing, with all shipped rules loaded: the cost of every line of a healthy machine. The
 * lines lie in one buffer as in the agent; only the matcher runs.
 */
import { join } from 'node:path'
import { compileShipped } from '../src/catalog/shipped.ts'
import { decoders } from '../src/detect/decode/decoders.ts'
import { compileMatchers } from '../src/detect/match/compile.ts'
import type { Matcher } from '../src/detect/match/matcher.ts'
import type { Bench } from './bench.ts'
import { type Corpus, generateCorpus, readCorpus } from './corpus.ts'
import { percentile, round } from './figures/statistics.ts'

/** CPU time per round and how many rounds; the first round does not count, because V8 still compiles. */
const roundMs = 400
const rounds = 11

const root = join(import.meta.dirname, '..')

export const match: Bench = {
  name: 'match',
  summary: 'CPU per kernel line that means nothing, all shipped rules',
  async run({ options, random, log }) {
    const matchers = compileMatchers(compileShipped(join(root, 'catalog')), decoders)
    const matcher = matchers.of('kmsg')
    const corpus = readCorpus(join(root, 'fixtures', 'kernel-logs'), matcher) ?? generateCorpus(20_000, random)
    log(`match: ${matchers.rules} rules, ${corpus.ends.length} lines (${corpus.origin})`)
    const costs = measure(matcher, corpus, options.quick ? 3 : rounds, options.quick ? 50 : roundMs)
    return {
      rules: matchers.rules,
      usPerLine: round(percentile(costs, 50), 3),
      usPerLineBest: round(percentile(costs, 0), 3),
      usPerLineWorst: round(percentile(costs, 100), 3),
      lines: corpus.ends.length,
      bytesPerLine: round(corpus.bytes.length / corpus.ends.length, 1),
      corpus: corpus.origin,
      rounds: costs.length,
      cpuMsPerRound: options.quick ? 50 : roundMs,
    }
  },
}

/** Microseconds of CPU per line, one figure per round. CPU and not time, so that other processes do not count. */
function measure(matcher: Matcher, corpus: Corpus, count: number, budgetMs: number): number[] {
  const costs: number[] = []
  for (let done = 0; done <= count; done++) {
    const before = process.cpuUsage()
    let lines = 0
    let spentUs = 0
    while (spentUs < budgetMs * 1000) {
      pass(matcher, corpus)
      lines += corpus.ends.length
      const { user, system } = process.cpuUsage(before)
      spentUs = user + system
    }
    if (done > 0) costs.push(spentUs / lines)
  }
  return costs
}

function pass(matcher: Matcher, { bytes, ends }: Corpus): void {
  let start = 0
  for (const end of ends) {
    if (matcher.matchBytes(bytes, start, end).length > 0) throw new Error('a line of the corpus matches a rule')
    start = end
  }
}
