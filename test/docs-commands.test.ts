/** Commands in the documentation exist, with the options that they are given: ours by the command tree, others by their help. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { type CommandNode, flattened, treeOf } from '../src/cli/completion/tree.ts'
import { program } from '../src/cli/run.ts'
import { testIo } from './cli/io.ts'

const root = join(import.meta.dirname, '..')

interface Written {
  readonly page: string
  readonly words: readonly string[]
}

const written = pages().flatMap((page) =>
  commandsIn(readFileSync(join(root, page), 'utf8')).map((words) => ({ page, words })),
)

test('every nodemend command of the documentation has only options and arguments that exist', () => {
  const tree = treeOf(program(testIo()))
  const ours = written.flatMap(({ page, words }) => {
    const args = afterProgram(words)
    return args === undefined ? [] : [{ page, words: args }]
  })
  assert.ok(ours.length > 50, 'commands are found at all')
  assert.deepEqual(
    ours.flatMap((one) => complaints(tree, one)),
    [],
  )
})

test('every npm script of the documentation exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const wrong = written.flatMap(({ page, words }) => {
    const [first, verb = '', ...rest] = words
    const name = first !== 'npm' ? undefined : verb === 'run' ? rest.find((word) => !word.startsWith('-')) : verb
    const builtin = ['ci', 'install', 'pack', 'start', 'test']
    return name === undefined || name in scripts || builtin.includes(name) ? [] : [`${page}: ${words.join(' ')}`]
  })
  assert.deepEqual(wrong, [])
})

for (const other of ['kubectl', 'helm'] as const) {
  test(`every ${other} command of the documentation has only options that ${other} knows`, (t) => {
    if (spawnSync(other, ['help']).error) return t.skip(`there is no ${other}`)
    const helps = new Map<string, string>()
    const helpOf = (verbs: readonly string[]): string => {
      const key = verbs.join(' ')
      const known = helps.get(key)
      if (known !== undefined) return known
      const help = spawnSync(other, [...verbs, '--help'], { encoding: 'utf8' })
      const text = help.status === 0 ? help.stdout : ''
      helps.set(key, text)
      return text
    }
    const everywhere = other === 'kubectl' ? spawnSync('kubectl', ['options'], { encoding: 'utf8' }).stdout : ''
    const wrong = written
      .filter(({ words }) => words[0] === other && words[1] !== undefined && !['nodemend', 'krew'].includes(words[1]))
      .flatMap(({ page, words }) => {
        const [, verb = '', sub = ''] = words
        if (verb.startsWith('-')) return []
        const help = helpOf(['auth', 'top', 'config', 'rollout', 'repo'].includes(verb) ? [verb, sub] : [verb])
        if (help === '') return [`${page}: ${other} has no command ${verb}`]
        return flagsOf(words)
          .filter((flag) => !knows(`${help}\n${everywhere}`, flag))
          .map((flag) => `${page}: ${other} ${verb} has no ${flag}`)
      })
    assert.deepEqual(wrong, [])
  })
}

/** The arguments of our program, however it is started; undefined for another one. */
function afterProgram(words: readonly string[]): readonly string[] | undefined {
  const line = words.join(' ')
  const start =
    /^(?:npm run (?:-s |--silent )?nodemend --|npm start --|npx nodemend|kubectl nodemend|nodemend)(?= |$)/.exec(
      line,
    )?.[0]
  if (start === undefined) return undefined
  const rest = words.slice(start.split(' ').length)
  return start.startsWith('npm start') ? ['demo', ...rest] : rest
}

function complaints(tree: CommandNode, { page, words }: Written): readonly string[] {
  const nodes = new Map(flattened(tree).map((node) => [node.path, node]))
  let node = tree
  for (const word of words) node = nodes.get(`${node.path} ${word}`.trim()) ?? node
  if (words.length > 0 && node === tree && !words[0]?.startsWith('-')) {
    // `nodemend` as a noun in a sentence is no command line.
    return /^[a-z]/.test(words[0] ?? '') ? [`${page}: nodemend has no command ${words[0]}`] : []
  }
  return flagsOf(words)
    .filter((flag) => flag !== '--help' && flag !== '-h' && !node.options.some((one) => one.flags.includes(flag)))
    .map((flag) => `${page}: nodemend ${node.path} has no ${flag}`)
}

function flagsOf(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return words
    .slice(0, end < 0 ? undefined : end)
    .filter((word) => /^--?[a-zA-Z]/.test(word))
    .map((word) => word.split('=')[0] ?? word)
}

/** Help texts write `-n, --namespace=''` and `--all=false`. */
function knows(help: string, flag: string): boolean {
  return new RegExp(`(?:^|[\\s,])${flag}(?:[=,:\\s\\[]|$)`, 'm').test(help)
}

/** Command lines in fenced blocks without a language, and in code of sentences. */
function commandsIn(text: string): readonly (readonly string[])[] {
  // Every fence is matched, so that the end of one block is not taken for the begin of another.
  const blocks = [...text.matchAll(/^ *```(\w*)[^\n]*\n([\s\S]*?)^ *```/gm)]
    .filter(([, language = '']) => ['', 'sh', 'bash', 'console'].includes(language))
    .map(([, , block = '']) => block)
  const inline = [...text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  )
  return [...blocks, ...inline]
    .flatMap(linesOf)
    .map(wordsOf)
    .filter((words) => words.length > 0)
}

/** Commands of a script: one for each part of a pipe, a list or a substitution. Quoted text is one word without blanks. */
function linesOf(script: string): readonly string[] {
  return script
    .replaceAll(/\\\n\s*/g, ' ')
    .replaceAll(/'[^']*'|"[^"]*"/g, (quoted) => quoted.replaceAll(/[\s|;&#()]/g, '_'))
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, ''))
    .flatMap((line) => line.split(/[|;&]+|\$\(|<\(|\)/))
}

function wordsOf(line: string): readonly string[] {
  const words = line
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
  const first = words.findIndex((word) => !/^(?:sudo|do|then|xargs|-I\{\}|[A-Z_]+=\S*|\$)$/.test(word))
  return first < 0 ? [] : words.slice(first)
}

function pages(): readonly string[] {
  const prose = readdirSync(root).filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
  const docs = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  // Decisions tell what was tried, also with commands that are gone.
  return [...prose, ...docs.filter((file) => !file.startsWith('docs/adr/'))]
}
