/** `npm run dashboards`: writes the Grafana dashboards of the chart from deploy/dashboards. A test compares. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dashboards } from '../deploy/dashboards/dashboards.ts'

const root = join(import.meta.dirname, '..')

for (const { file, text } of dashboards) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
  process.stdout.write(`${file}\n`)
}
