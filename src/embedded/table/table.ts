/** Answers as `meta.k8s.io/v1` Table and PartialObjectMetadata: what `kubectl get` asks for. */
import { type ApiObject, at, isList, isObject, type Json, type JsonObject, textAt } from '../json.ts'
import type { ServedKind } from '../kinds.ts'
import { age } from './age.ts'
import { ageColumn, type Column, nameColumn, type TableSpec } from './columns.ts'
import { tables } from './kinds.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

/** The columns of a kind: built-in, from the definition's printer columns, or name and age. */
export function tableOf(kind: ServedKind): TableSpec {
  if (kind.custom) return customTable(kind.custom.columns)
  return tables[kind.plural] ?? plainTable
}

const plainTable: TableSpec = {
  columns: [nameColumn, ageColumn],
  cells: (one, now) => [one.metadata.name, age(one.metadata.creationTimestamp, now)],
}

function customTable(printed: readonly JsonObject[]): TableSpec {
  if (printed.length === 0) return { ...plainTable, columns: [nameColumn, { ...ageColumn, type: 'date' }] }
  const columns = printed.map((column): Column => {
    const format = column.format
    return {
      name: String(column.name ?? ''),
      type: (column.type ?? 'string') as Column['type'], // validated when the definition was stored
      priority: typeof column.priority === 'number' ? column.priority : 0,
      description: String(
        column.description ?? `Custom resource definition column (in JSONPath format): ${String(column.jsonPath)}`,
      ),
      ...(typeof format === 'string' ? { format } : {}),
    }
  })
  return {
    columns: [nameColumn, ...columns],
    cells: (object, now) => [
      object.metadata.name,
      ...printed.map((column) => customCell(object, String(column.jsonPath), String(column.type), now)),
    ],
  }
}

function customCell(object: ApiObject, path: string, type: string, now: number): Json {
  const value = readPath(object, path)
  if (value === undefined || value === null) return null
  if (type === 'date') return age(value, now)
  if (type === 'string') return typeof value === 'string' ? value : JSON.stringify(value)
  return value
}

/** The simple JSONPaths of printer columns: `.a.b`, `.a[0].b`, `.a[?(@.type=="X")].status`, `.a[*].b`. */
function readPath(object: Json, path: string): Json | undefined {
  const steps = path.match(/\.[\w-]+|\['[^']+'\]|\[\d+\]|\[\*\]|\[\?\(@\.[\w.]+\s*==\s*["'][^"']*["']\)\]/g) ?? []
  let here: Json | undefined = object
  for (const step of steps) here = readStep(here, step)
  return here
}

function readStep(value: Json | undefined, step: string): Json | undefined {
  const [, field, key, wanted] = /^\[\?\(@(\.)([\w.]+)\s*==\s*["']([^"']*)["']\)\]$/.exec(step) ?? []
  if (field && key !== undefined) {
    return isList(value) ? value.find((entry) => String(at(entry, ...key.split('.')) ?? '') === wanted) : undefined
  }
  if (step === '[*]') return isList(value) ? value[0] : undefined
  const index = /^\[(\d+)\]$/.exec(step)?.[1]
  if (index !== undefined) return isList(value) ? value[Number(index)] : undefined
  const name = step.startsWith('.') ? step.slice(1) : step.slice(2, -2)
  return isObject(value) ? value[name] : undefined
}

export interface TableOptions {
  readonly include: IncludeObject
  readonly nowMs: number
  readonly listMeta: JsonObject
}

/** A Table of objects; with `columns: false` only rows, as later watch events are sent. */
export function asTable(kind: ServedKind, objects: readonly ApiObject[], options: TableOptions): JsonObject {
  const spec = tableOf(kind)
  const rows = objects.map((object) => ({
    cells: spec.cells(object, options.nowMs),
    ...rowConditions(kind, object),
    ...(options.include === 'None' ? {} : { object: options.include === 'Object' ? object : asMetadata(object) }),
  }))
  const columnDefinitions = spec.columns.map(({ name, type, format = '', description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }))
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: options.listMeta, columnDefinitions, rows }
}

/** A finished pod's row is marked, so that a client can fade it. */
function rowConditions(kind: ServedKind, object: ApiObject): JsonObject {
  const phase = kind.plural === 'pods' && kind.group === '' ? textAt(object, 'status', 'phase') : ''
  if (phase !== 'Succeeded' && phase !== 'Failed') return {}
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.'
  return { conditions: [{ type: 'Completed', status: 'True', reason: phase, message }] }
}

export function asMetadata(object: ApiObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}
