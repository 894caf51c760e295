/** Shows where the embedded server differs from the recorded answers: `node test/contract/compare.ts [NAME]`. */
import { startEmbedded } from '../../src/embedded/server.ts'
import { seededRandom, systemClock } from '../../src/telemetry/clock.ts'
import { caseFiles } from './cases/all.ts'
import { caseDifferences, readGolden } from './golden.ts'
import { runCase } from './run.ts'

const wanted = process.argv[2] ?? ''
const server = await startEmbedded({ clock: systemClock, random: seededRandom(1) })
let calls = 0
let wrong = 0
for (const [file, cases] of Object.entries(caseFiles)) {
  const golden = readGolden(file)
  for (const one of cases) {
    if (!`${file} ${one.name}`.includes(wanted)) continue
    const results = await runCase({ url: server.url, token: server.token }, one)
    const lines = caseDifferences(golden[one.name] ?? [], results)
    calls += results.length
    wrong += lines.length
    for (const line of lines) console.log(`${one.name}: ${line}`)
  }
}
console.log(`${calls} calls, ${wrong} differences`)
await server.stop()
