/** A copy of the sources in a temporary folder, in which one mutation at a time is made and undone. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Edit, Mutation } from './mutation.ts'

const root = join(import.meta.dirname, '..', '..')
/** What the compiler and the tests read. */
const copied = [
  'src',
  'test',
  'scripts',
  'bench',
  'catalog',
  'golden',
  'fixtures',
  'deploy',
  'docs',
  'tsconfig.json',
  'package.json',
]

export class WrongCopy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nodemend-mutations-'))

  constructor() {
    for (const name of copied) cpSync(join(root, name), join(this.#folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'))
  }

  /** What the compiler says about the copy as it is; empty when it finds nothing. */
  types(): string {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const build = ['--incremental', '--tsBuildInfoFile', join(this.#folder, 'tsbuildinfo')]
    return this.#run([tsc, '-p', '.', ...build])
  }

  /** What the mutation is answered with: the compiler's words, or the failing test's. Empty when nobody notices. */
  answer({ edits, noticed }: Mutation): string {
    const undo = edits.map((edit) => this.#apply(edit))
    try {
      if (noticed.by === 'types') return this.types()
      return this.#run(['--test', '--test-isolation=none', '--test-reporter=spec', noticed.file])
    } finally {
      for (const one of undo.reverse()) one()
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #apply({ file, from, to }: Edit): () => void {
    const path = join(this.#folder, file)
    if (from === undefined) {
      if (existsSync(path)) throw new Error(`${file} is there already: the mutation is out of date`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, to)
      return () => rmSync(path)
    }
    const before = readFileSync(path, 'utf8')
    if (!before.includes(from)) throw new Error(`${file} does not say ${from}: the mutation is out of date`)
    writeFileSync(
      path,
      before.replace(from, () => to),
    )
    return () => writeFileSync(path, before)
  }

  #run(args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.#folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    })
    return status === 0 ? '' : `${stdout}${stderr}` || `ended with ${status}`
  }
}
