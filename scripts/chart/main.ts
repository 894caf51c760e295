/** `npm run chart`: writes the templates of the chart that derive from the code. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedTemplates } from './templates.ts'

for (const { file, text } of generatedTemplates()) {
  writeFileSync(join(import.meta.dirname, '..', '..', file), text)
  process.stdout.write(`${file}\n`)
}
