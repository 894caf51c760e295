/** A share of `npm run fuzz`: damaged inputs crash no parser and make no answer grow. */
import { test } from 'node:test'
import { fuzz } from './run.ts'
import { targets } from './targets.ts'

const inputs = 10_000

for (const { name } of targets) {
  test(`${name} take damaged inputs`, async (t) => {
    const seed = Number(process.env.NODEMEND_FUZZ_SEED ?? 20_261)
    t.diagnostic(`seed ${seed}`)
    await fuzz({ inputs: Math.ceil(inputs / targets.length), seed, only: name })
  })
}
