/** The documentation keeps step with the code. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { referencePages } from '../scripts/reference.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

test('generated reference pages are fresh', () => {
  for (const page of referencePages(join(root, 'catalog'))) {
    assert.ok(existsSync(join(root, page.file)) && read(page.file) === page.text, `${page.file}: run npm run docs`)
  }
})

test('every error code of the source is explained in docs/reference/errors.md, and no other', () => {
  const inSource = new Set(files('src', '.ts').flatMap((file) => read(file).match(/\bNM_[A-Z_]+[A-Z]\b/g) ?? []))
  const documented = new Set(read('docs/reference/errors.md').match(/\bNM_[A-Z_]+[A-Z]\b/g) ?? [])
  assert.deepEqual([...documented].sort(), [...inSource].sort())
})

test('links between pages lead somewhere', () => {
  const pages = [...files('docs', '.md'), ...readdirSync(root).filter((name) => name.endsWith('.md'))]
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page} → ${target}`),
  )
  assert.deepEqual(broken, [])
})

test('the Korean README has the sections and commands of the English one', () => {
  const shape = (text: string) => ({
    sections: (text.match(/^## /gm) ?? []).length,
    code: text.match(/^```[\s\S]*?^```/gm) ?? [],
  })
  assert.deepEqual(shape(read('README.ko.md')), shape(read('README.md')))
})

function files(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}
