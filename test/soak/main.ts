/** `npm run soak [-- --kills N --seed N --away SECONDS --rest SECONDS]`: prints one JSON object; ends with 1 when anything is wrong. */
import { parseArgs } from 'node:util'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { fullSoak } from './options.ts'
import { soak } from './soak.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' }, away: { type: 'string' }, rest: { type: 'string' } },
})
const seed = Number(values.seed ?? Math.floor(systemRandom() * 2 ** 31))
const log = (line: string): void => void process.stderr.write(`${line}\n`)
log(`soak: seed ${seed}`)
const result = await soak({
  ...fullSoak,
  ...(values.kills !== undefined && { kills: Number(values.kills) }),
  ...(values.away !== undefined && { awayMs: Number(values.away) * 1000 }),
  ...(values.rest !== undefined && { restMs: Number(values.rest) * 1000 }),
  seed,
  log,
})
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exitCode = result.complaints.length > 0 ? 1 : 0
