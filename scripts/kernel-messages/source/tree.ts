/** An unpacked kernel tree: its files, the macros in force in each of them, and the module that each becomes. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { type Define, readTokens, type SourceText } from './tokens.ts'

/** Headers beside which a driver's own are not the only ones that define how it prints. */
const commonHeaders = ['include/linux', 'include/scsi', 'include/rdma', 'include/drm', 'include/net', 'include/xen']
const mostHeaders = 80

export class Tree {
  readonly root: string
  readonly #headers = new Map<string, SourceText | undefined>()
  readonly #makefiles = new Map<string, string>()
  #common: ReadonlyMap<string, Define> | undefined

  constructor(root: string) {
    this.root = root
  }

  /** Every C file under `folder`, or `folder` itself if it is one, sorted. */
  files(folder: string): string[] {
    const path = join(this.root, folder)
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return [folder]
    try {
      return readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.c') || /^rcu\/.*\.h$|tree_\w+\.h$/.test(name))
        .map((name) => join(folder, name))
        .sort()
    } catch {
      return [] // a folder that this version does not have
    }
  }

  read(file: string): SourceText {
    return readTokens(readFileSync(join(this.root, file), 'utf8'))
  }

  /** Macros by name for `file`: its own, those of the headers it includes in quotes, then the common ones. */
  macros(file: string, own: SourceText): (name: string) => Define | undefined {
    const local = new Map<string, Define>()
    const add = (defines: readonly Define[]): void => {
      for (const define of defines) if (!local.has(define.name)) local.set(define.name, define)
    }
    add(own.defines)
    const queue = own.includes.map((name) => [file, name] as const)
    for (let at = 0; at < queue.length && at < mostHeaders; at++) {
      const [from, name] = queue[at] ?? ['', '']
      const path = this.#find(from, name)
      const header = path === undefined ? undefined : this.#header(path)
      if (path === undefined || header === undefined) continue
      add(header.defines)
      for (const next of header.includes) {
        if (!queue.some(([, known]) => known === next)) queue.push([path, next])
      }
    }
    this.#common ??= this.#readCommon()
    const common = this.#common
    return (name) => local.get(name) ?? common.get(name)
  }

  /** KBUILD_MODNAME of `file`, from the Makefiles at and above it. */
  module(file: string): string {
    let object = `${basename(file, '.c')}.o`
    let folder = dirname(file)
    for (let up = 0; up < 4 && folder !== '.'; up++) {
      const makefile = this.#makefile(folder)
      for (const [, name = '', objects = ''] of makefile.matchAll(
        /^([\w-]+)-(?:y|m|objs|\$\([^)]*\))\s*[:+]?=(.*)$/gm,
      )) {
        if (name !== 'obj' && name !== 'lib' && objects.split(/\s+/).includes(object)) return name.replaceAll('-', '_')
      }
      const listed = new RegExp(`^obj-\\S+\\s*[:+]?=.*(?:^|\\s)${object.replace('.', '\\.')}(?:\\s|$)`, 'm')
      if (listed.test(makefile)) return basename(object, '.o').replaceAll('-', '_')
      object = `${basename(folder)}/${object}`
      folder = dirname(folder)
    }
    return basename(file, '.c').replaceAll('-', '_')
  }

  #makefile(folder: string): string {
    const known = this.#makefiles.get(folder)
    if (known !== undefined) return known
    let text = ''
    try {
      text = readFileSync(join(this.root, folder, 'Makefile'), 'utf8').replaceAll('\\\n', ' ')
    } catch {
      // a folder whose files are built from the one above
    }
    this.#makefiles.set(folder, text)
    return text
  }

  #find(from: string, name: string): string | undefined {
    const folder = dirname(from)
    return [folder, join(folder, '..'), join(folder, '../..'), 'include']
      .map((base) => normalize(join(base, name)))
      .find((path) => this.#header(path) !== undefined)
  }

  #header(path: string): SourceText | undefined {
    if (!this.#headers.has(path)) {
      const file = join(this.root, path)
      const size = path.startsWith('..') ? undefined : statSync(file, { throwIfNoEntry: false })?.size
      const text = size !== undefined && size < 600_000 ? readTokens(readFileSync(file, 'utf8')) : undefined
      // Only how things are printed is of interest, and register maps have tens of thousands of macros.
      this.#headers.set(path, text && { ...text, tokens: [], defines: text.defines.filter(canPrint) })
    }
    return this.#headers.get(path)
  }

  #readCommon(): Map<string, Define> {
    const found = new Map<string, Define>()
    for (const folder of commonHeaders) {
      for (const name of readdirSync(join(this.root, folder), { encoding: 'utf8' }).sort()) {
        if (!name.endsWith('.h')) continue
        for (const define of this.#header(join(folder, name))?.defines ?? []) {
          if (!/^(?:pr|dev)_fmt$/.test(define.name) && !found.has(define.name)) found.set(define.name, define)
        }
      }
    }
    return found
  }
}

/** Macros that hold text, or that call something. */
const canPrint = ({ params, body }: Define): boolean =>
  body.length > 0 &&
  body.length < 400 &&
  (body.some((token) => token.kind === 'text') ||
    (params !== undefined && body.some((token, at) => token.kind === 'word' && body[at + 1]?.text === '(')) ||
    (params === undefined && body.length === 1 && body[0]?.kind === 'word'))
