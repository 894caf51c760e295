/** The columns of a table, and the cells of one object. */
import type { ApiObject, Json } from '../json.ts'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'number' | 'date'
  readonly format?: string
  /** 1 shows only with `-o wide`. */
  readonly priority: number
  readonly description: string
}

export interface TableSpec {
  readonly columns: readonly Column[]
  readonly cells: (object: ApiObject, nowMs: number) => readonly Json[]
}

const nameText =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'
const ageText =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

export const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', priority: 0, description: nameText }
export const ageColumn: Column = { name: 'Age', type: 'string', priority: 0, description: ageText }

/** `Ready`, `Restarts:integer`, `IP!` (wide only), `Attacher@` (a name). */
export function columns(...words: readonly string[]): readonly Column[] {
  return words.map((word) => {
    if (word === 'Name') return nameColumn
    if (word === 'Age') return ageColumn
    const [, name = '', type = 'string', wide, isName] = /^([^:!@]+)(?::(\w+))?(!)?(@)?$/.exec(word) ?? []
    return {
      name,
      type: type as Column['type'],
      priority: wide ? 1 : 0,
      description: name,
      ...(isName ? { format: 'name' } : {}),
    } // the words are below
  })
}
