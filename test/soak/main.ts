/**
 * `npm run soak [-- --kills N --seed N --away SECONDS --rest SECONDS]` kills the programs; `npm run soak -- walk
 * [--node-days N --seed N]` walks at random in virtual time. Prints one JSON object; ends with 1 when anything is wrong.
 */
import { parseArgs } from 'node:util'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { fullSoak } from './options.ts'
import { soak } from './soak.ts'
import { walkMany } from './walk/many.ts'

const fullWalkNodeDays = 1_000_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string' },
    seed: { type: 'string' },
    away: { type: 'string' },
    rest: { type: 'string' },
    'node-days': { type: 'string' },
  },
})
const seed = Number(values.seed ?? Math.floor(systemRandom() * 2 ** 31))
const log = (line: string): void => void process.stderr.write(`${line}\n`)
log(`soak: seed ${seed}`)
const [result, wrong] = positionals[0] === 'walk' ? await walkAtRandom() : await killPrograms()
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exitCode = wrong > 0 ? 1 : 0

async function walkAtRandom(): Promise<readonly [object, number]> {
  const result = await walkMany({ seed, nodeDays: Number(values['node-days'] ?? fullWalkNodeDays), log })
  return [result, result.failed.length]
}

async function killPrograms(): Promise<readonly [object, number]> {
  const result = await soak({
    ...fullSoak,
    ...(values.kills !== undefined && { kills: Number(values.kills) }),
    ...(values.away !== undefined && { awayMs: Number(values.away) * 1000 }),
    ...(values.rest !== undefined && { restMs: Number(values.rest) * 1000 }),
    seed,
    log,
  })
  return [result, result.complaints.length]
}
