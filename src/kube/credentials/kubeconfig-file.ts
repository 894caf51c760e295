/** Reads kubeconfig files and merges them as kubectl does; errors name file and line. */
import { dirname, resolve } from 'node:path'
import type { Document, LineCounter } from 'yaml'
import { plainValueOf, syntaxErrorsOf } from '../../catalog/plain-value.ts'
import { KubeError } from '../errors.ts'

/** One field's place in its file, for messages. */
export interface Place {
  readonly path: string
  readonly line: number
}

/** A named entry (cluster, user, context) with where it stands. Relative paths in it are relative to its file. */
export interface Entry<T> {
  readonly name: string
  readonly value: T
  readonly place: Place
}

export interface Cluster {
  readonly server?: string
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
  readonly 'tls-server-name'?: string
  readonly 'proxy-url'?: string
}

export interface User {
  readonly token?: string
  readonly tokenFile?: string
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly username?: string
  readonly password?: string
  readonly as?: string
  readonly exec?: ExecSpec
  readonly 'auth-provider'?: { readonly name?: string }
}

export interface ExecSpec {
  readonly apiVersion?: string
  readonly command?: string
  readonly args?: readonly string[] | null
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null
  readonly installHint?: string
  readonly provideClusterInfo?: boolean
}

export interface Context {
  readonly cluster?: string
  readonly user?: string
  readonly namespace?: string
}

export interface Kubeconfig {
  readonly paths: readonly string[]
  readonly currentContext?: string
  readonly clusters: readonly Entry<Cluster>[]
  readonly users: readonly Entry<User>[]
  readonly contexts: readonly Entry<Context>[]
}

export type ReadFile = (path: string) => Promise<string | Buffer>

/** Reads and merges `paths`: of entries with one name the first wins. Skips files that do not exist, unless none does. */
export async function readKubeconfigs(paths: readonly string[], readFile: ReadFile): Promise<Kubeconfig> {
  const found: Kubeconfig[] = []
  let missing: unknown
  for (const path of paths) {
    let text: string
    try {
      text = String(await readFile(path))
    } catch (cause) {
      missing = cause
      continue
    }
    found.push(await parseKubeconfig(path, text))
  }
  if (found.length === 0) {
    throw new KubeError('NM_KUBE_CONFIG', `${whyUnread(missing, paths)}; give one with --kubeconfig or KUBECONFIG`, {
      call: 'connect',
      cause: missing,
    })
  }
  const currentContext = found.find((one) => one.currentContext)?.currentContext
  return {
    paths: found.flatMap((one) => one.paths),
    clusters: found.flatMap((one) => one.clusters),
    users: found.flatMap((one) => one.users),
    contexts: found.flatMap((one) => one.contexts),
    ...(currentContext === undefined ? {} : { currentContext }),
  }
}

function whyUnread(error: unknown, paths: readonly string[]): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException // only its code is read
  const [last = ''] = paths.slice(-1)
  if (code === 'EISDIR') return `${last} is a folder, not a kubeconfig`
  if (code === 'EACCES' || code === 'EPERM') return `the kubeconfig ${last} cannot be read: permission denied`
  return `no kubeconfig at ${paths.join(', ')}`
}

/** Parses one file. Throws KubeError `NM_KUBE_CONFIG` with file and line. */
export async function parseKubeconfig(path: string, text: string): Promise<Kubeconfig> {
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const document: Document = yaml.parseDocument(text, { lineCounter: lines })
  const [broken] = syntaxErrorsOf(document)
  if (broken) {
    const place = { path, line: lines.linePos(broken.pos[0]).line }
    throw badConfig(place, `is not YAML: ${broken.message.split('\n')[0]}`)
  }
  const plain = plainValueOf(document)
  if ('trouble' in plain) throw badConfig({ path, line: 1 }, `cannot be read: ${plain.trouble}`)
  const root = plain.value
  if (typeof root !== 'object' || root === null) throw badConfig({ path, line: 1 }, 'is empty; it must be a kubeconfig')
  const file = { path, document, lines, root: root as Record<string, unknown> }
  const current = file.root['current-context']
  return {
    paths: [path],
    clusters: entriesOf<Cluster>(file, 'clusters', 'cluster'),
    users: entriesOf<User>(file, 'users', 'user'),
    contexts: entriesOf<Context>(file, 'contexts', 'context'),
    ...(typeof current === 'string' && current !== '' ? { currentContext: current } : {}),
  }
}

/** A path in an entry, from the folder of its file. */
export function fromFile(place: Place, path: string): string {
  return resolve(dirname(place.path), path)
}

/** `NM_KUBE_CONFIG` with file and line; `text` names the fault and its remedy. */
export function badConfig(place: Place, text: string, cause?: unknown): KubeError {
  const where = `${place.path}:${place.line}`
  return new KubeError('NM_KUBE_CONFIG', `${where}: ${text}`, { call: 'connect', ...(cause ? { cause } : {}) })
}

interface ParsedFile {
  readonly path: string
  readonly document: Document
  readonly lines: LineCounter
  readonly root: Readonly<Record<string, unknown>>
}

function entriesOf<T>(file: ParsedFile, list: string, field: string): readonly Entry<T>[] {
  const given = file.root[list] ?? []
  if (!Array.isArray(given)) throw badConfig(placeOf(file, [list]), `"${list}" must be a list of {name, ${field}}`)
  return given.map((one: unknown, index) => {
    const place = placeOf(file, [list, index])
    const entry = (typeof one === 'object' && one !== null ? one : {}) as Record<string, unknown>
    const value = entry[field]
    if (typeof entry.name !== 'string') throw badConfig(place, `this entry of "${list}" has no name`)
    if (typeof value !== 'object' || value === null) throw badConfig(place, `"${entry.name}" has no "${field}" section`)
    return { name: entry.name, value: value as T, place } // the code that uses a field checks it
  })
}

function placeOf(file: ParsedFile, path: readonly (string | number)[]): Place {
  const node = file.document.getIn(path, true) as { range?: readonly number[] } | undefined
  return { path: file.path, line: file.lines.linePos(node?.range?.[0] ?? 0).line }
}
