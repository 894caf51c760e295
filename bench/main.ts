/** `npm run bench -- NAME`: measures one hot path and prints the figures, as JSON or as a table. */
import { seededRandom, systemRandom } from '../src/telemetry/clock.ts'
import type { Bench, Figures } from './bench.ts'
import { decide } from './decide.ts'
import { detect } from './detect.ts'
import { printTable } from './figures/table.ts'
import { fleet } from './fleet/fleet.ts'
import { footprint } from './footprint.ts'
import { kmsg } from './kmsg.ts'
import { describeMachine } from './machine.ts'
import { match } from './match.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { outage } from './outage.ts'

const benches: readonly Bench[] = [match, kmsg, detect, footprint, outage, decide, fleet]

async function main(args: readonly string[]): Promise<number> {
  const parsed = readCommand(args)
  if (parsed === undefined) return 2
  const { bench, options } = parsed
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const measured = await bench.run({ options, log, random: seededRandom(options.seed) })
  const quick = options.quick ? { quick: true } : {}
  const result: Figures = { bench: bench.name, ...measured, ...quick, seed: options.seed, machine: describeMachine() }
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(result)}\n` : printTable(result))
  return 0
}

function readCommand(args: readonly string[]): { bench: Bench; options: BenchOptions } | undefined {
  try {
    const { name, options } = parseOptions(args, Math.floor(systemRandom() * 2 ** 31) + 1)
    const bench = benches.find((one) => one.name === name)
    if (bench === undefined) throw new TypeError(`there is no bench "${name}"`)
    return { bench, options }
  } catch (error) {
    const names = benches.map((one) => `  ${one.name.padEnd(20)}  ${one.summary}`).join('\n')
    process.stderr.write(`bench: ${(error as Error).message}\n\n${usage}\n${names}\n`)
    return undefined
  }
}

process.exitCode = await main(process.argv.slice(2))
