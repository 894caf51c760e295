/** Records golden/contract/*.json from a real kube-apiserver: `node test/contract/record.ts`. Needs Go, once. */
import { readFileSync, writeFileSync } from 'node:fs'
import { startControlPlane } from '../cluster/control-plane.ts'
import { caseFiles } from './cases/all.ts'
import { goldenPath } from './golden.ts'
import { runContract } from './run.ts'

const cluster = await startControlPlane({ log: (line) => process.stderr.write(`${line}\n`) })
try {
  const server = { url: cluster.url, token: cluster.tokens.admin ?? '', ca: readFileSync(cluster.caFile, 'utf8') }
  for (const [file, cases] of Object.entries(caseFiles)) {
    const results = Object.fromEntries(await runContract(server, cases))
    writeFileSync(goldenPath(file), `${JSON.stringify(results, null, 1)}\n`)
  }
} finally {
  await cluster.stop()
}
