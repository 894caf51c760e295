/** The parts of a cluster, and the options of a write. */
import type { Clock, Random } from '../telemetry/clock.ts'
import type { ApiObject } from './json.ts'
import type { KindTable, ServedKind } from './kinds.ts'
import type { Store } from './store.ts'

export interface Cluster {
  readonly store: Store
  readonly kinds: KindTable
  readonly clock: Clock
  readonly random: Random
  /** False: no write records who owns which field, for callers that never apply. */
  readonly tracksOwners: boolean
}

/** Kind, namespace and name of an object; `subresource` is empty for the object itself. */
export interface ObjectAddress {
  readonly kind: ServedKind
  readonly namespace: string | undefined
  readonly name: string
  readonly subresource: string
}

export interface WriteOptions {
  /** Field manager. */
  readonly manager: string
  readonly dryRun: boolean
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** Server-side apply: takes over fields of other managers. */
  readonly force: boolean
  /** Receives texts for `Warning` headers, also of writes that fail later. */
  readonly warn: (text: string) => void
}

export const plainWrite: WriteOptions = {
  manager: 'unknown',
  dryRun: false,
  fieldValidation: 'Warn',
  force: false,
  warn() {},
}

export interface Written {
  readonly code: 200 | 201
  readonly object: ApiObject
}

/** RFC 3339 with whole seconds, as metadata writes times. */
export function timestamp(clock: Clock, plusMs = 0): string {
  return `${new Date(clock.now() + plusMs).toISOString().slice(0, 19)}Z`
}

/** A version 4 UUID from the cluster's randomness, so that a seeded run repeats its uids. */
export function newUid(random: Random): string {
  const hex = Array.from({ length: 32 }, (_unused, index) => {
    const digit = Math.floor(random() * 16)
    return (index === 12 ? 4 : index === 16 ? (digit & 3) | 8 : digit).toString(16)
  }).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

/** The five letters that `generateName` and node replacements end in. */
export function nameSuffix(random: Random): string {
  return Array.from({ length: 5 }, () => suffixLetters[Math.floor(random() * suffixLetters.length)]).join('')
}
