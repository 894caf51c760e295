/** `npm run manifests`: writes deploy/manifests from the chart. Needs Go, which builds Helm. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureTools } from '../../test/cluster/tools.ts'
import { plainManifests } from './plain.ts'

const folder = join(import.meta.dirname, '..', '..', 'deploy', 'manifests')
const tools = await ensureTools(['helm'])
if (!tools.available) throw new Error(tools.why)
mkdirSync(folder, { recursive: true })
for (const { name, text } of plainManifests(tools.paths.helm)) {
  writeFileSync(join(folder, name), text)
  process.stdout.write(`deploy/manifests/${name}\n`)
}
