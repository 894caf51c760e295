/** `npm run docs`: writes docs/reference from the catalogue and the command line. A test compares, so that they keep step. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { referencePages } from './reference.ts'

const root = join(import.meta.dirname, '..')

for (const page of referencePages(join(root, 'catalog'))) {
  const file = join(root, page.file)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, page.text)
  process.stdout.write(`${page.file}\n`)
}
