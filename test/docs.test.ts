/** The documentation keeps step with the code. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { referencePages } from '../scripts/reference.ts'
import { compileShipped } from '../src/catalog/shipped.ts'
import { program, run } from '../src/cli/run.ts'
import { knownNames } from '../src/detect/known-names.ts'
import { parseConfig } from '../src/detect/lifecycle/config.ts'
import { gangKinds } from '../src/repair/act/gang/kinds.ts'
import { restrainingFields } from '../src/repair/policy/restraints.ts'
import { policySpec } from '../src/repair/policy/schema.ts'
import { testIo } from './cli/io.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

test('generated reference pages are fresh', () => {
  for (const page of referencePages(join(root, 'catalog'))) {
    assert.ok(existsSync(join(root, page.file)) && read(page.file) === page.text, `${page.file}: run npm run docs`)
  }
})

test('L17: no page tells to run a .ts file with whatever Node is there: bin/run.cjs brings the right one, or says so', () => {
  for (const file of [...files('docs', '.md'), ...files('test', '.md'), 'README.md', 'CONTRIBUTING.md']) {
    assert.doesNotMatch(read(file), /\bnode (?!bin\/)\S+\.ts\b/, `${file}: write node bin/run.cjs FILE.ts`)
  }
})

test('every error code of the source is explained in docs/reference/errors.md, and no other', () => {
  const inSource = new Set(files('src', '.ts').flatMap((file) => read(file).match(/\bNM_[A-Z_]+[A-Z]\b/g) ?? []))
  const documented = new Set(read('docs/reference/errors.md').match(/\bNM_[A-Z_]+[A-Z]\b/g) ?? [])
  assert.deepEqual([...documented].sort(), [...inSource].sort())
})

test('every rule pack in the documentation is one that the agent would load', async (t) => {
  for (const { page, text } of codeBlocks('yaml').filter((block) => /^family:/m.test(block.text))) {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-docs-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const pack = join(folder, 'pack.yaml')
    writeFileSync(pack, text)
    const io = testIo()
    assert.equal(await run(['rules', 'test', pack], io), 0, `${page}: ${io.printed.out}${io.printed.err}`)
  }
})

test('every configuration in the documentation is one that the agent would load', async () => {
  const blocks = codeBlocks('yaml').filter(
    (block) => /^(reasons|codes):/m.test(block.text) && !/^family:/m.test(block.text),
  )
  assert.ok(blocks.length > 0)
  const known = knownNames(compileShipped(join(root, 'catalog')))
  for (const { page, text } of blocks) {
    const got = await parseConfig(page, text, known)
    assert.deepEqual([got.outcome, got.outcome === 'loaded' && got.doubts], ['loaded', []], page)
  }
})

test('every policy in the documentation is accepted', () => {
  const blocks = codeBlocks('yaml').filter((block) => /kind: RepairPolicy/.test(block.text))
  assert.ok(blocks.length > 0)
  for (const { page, text } of blocks) {
    const [first = ''] = text.split(/^---$/m) // scenarios may follow
    const { spec } = parse(first) as { readonly spec: unknown }
    assert.equal(policySpec.safeParse(spec).error, undefined, page)
  }
})

test('every scenario in the documentation passes', async (t) => {
  const blocks = codeBlocks('yaml').filter((block) => /^scenario:/m.test(block.text))
  assert.ok(blocks.length > 0)
  for (const { page, text } of blocks) {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-docs-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'scenarios.yaml')
    writeFileSync(file, text)
    const io = testIo()
    assert.equal(await run(['policy', 'test', file], io), 0, `${page}: ${io.printed.out}${io.printed.err}`)
    assert.doesNotMatch(io.printed.out, /^0 of 0/, page)
  }
})

test('every field of a policy that restrains at once is named where people learn to stop it', () => {
  const [, sentence = ''] =
    read('docs/how-to/let-it-act.md').match(/only what restrains applies at once:([^.]*)\./) ?? []
  for (const field of restrainingFields) assert.ok(sentence.includes(`\`${field}\``), `${field}: ${sentence}`)
})

test('every mark by which a gang is recognised, and every field of a drain, is in docs/reference/drain.md', () => {
  const page = read('docs/reference/drain.md')
  const keys = gangKinds.flatMap(({ key, part }) => [key, ...(part === undefined ? [] : [part])])
  const fields = Object.keys(policySpec.shape.drain.unwrap().shape)
  assert.deepEqual(
    [...keys, ...fields].filter((one) => !page.includes(`\`${one}\``)),
    [],
  )
})

test('every nodemend command in the documentation exists', () => {
  const known = new Set(program(testIo()).commands.map((one) => one.name()))
  const wrong = pagesOfProse().flatMap((page) =>
    [...read(page).matchAll(/nodemend -- ([a-z]+)|`nodemend ([a-z]+)[ `]/g)]
      .map(([, run, named]) => run ?? named ?? '')
      .filter((name) => !known.has(name))
      .map((name) => `${page}: nodemend ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('pages that comments point to exist', () => {
  const wrong = [
    ...files('src', '.ts'),
    ...files('test', '.ts'),
    ...files('scripts', '.ts'),
    ...files('bench', '.ts'),
  ].flatMap((file) =>
    [...read(file).matchAll(/docs\/(?:adr|how-to|reference|explanation|tutorial)\/[\w.-]+\.md/g)]
      .map(([page]) => page)
      .filter((page) => !existsSync(join(root, page)))
      .map((page) => `${file} → ${page}`),
  )
  assert.deepEqual(wrong, [])
})

test('links between pages lead somewhere', () => {
  const broken = pagesOfProse().flatMap((page) =>
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

test('every page is linked from the front page, or is for contributors; the Korean one links the same pages', () => {
  const linked = (file: string) => new Set(read(file).match(/docs\/[\w/-]+\.md/g) ?? [])
  const [english, korean, contributors] = ['README.md', 'README.ko.md', 'CONTRIBUTING.md'].map(linked)
  const pages = files('docs', '.md').filter((page) => !/^docs\/(?:adr|runbooks)\/|index\.md$/.test(page))
  assert.deepEqual(
    pages.filter((page) => !english?.has(page) && !contributors?.has(page)),
    [],
  )
  assert.deepEqual([...(korean ?? [])].sort(), [...(english ?? [])].sort())
})

function pagesOfProse(): string[] {
  return [...files('docs', '.md'), ...readdirSync(root).filter((name) => name.endsWith('.md'))]
}

/** Fenced blocks of one language, their own indentation (in lists) taken off. */
function codeBlocks(language: string): { readonly page: string; readonly text: string }[] {
  return pagesOfProse().flatMap((page) =>
    [...read(page).matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
      ([, indent = '', text = '']) => ({
        page,
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }),
    ),
  )
}

function files(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}
