/** Label and field selectors: parsing, with the real server's refusals, and matching. */
import { badRequest } from './failure.ts'
import { type ApiObject, at, isObject, type Json, type JsonObject, listAt, mapAt } from './json.ts'
import type { ServedKind } from './kinds.ts'

export type Match = (object: ApiObject) => boolean

interface LabelTerm {
  readonly key: string
  readonly test: (value: string | undefined) => boolean
}

const labelTerm =
  /^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)|([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)|([\w./-]+)\s*(>|<)\s*(\d+)|([\w./-]+))\s*(?:,|$)/

/** Parses `a=b,c in (d,e),!f`; an empty text matches everything. */
export function labelSelector(text: string): Match {
  const terms: LabelTerm[] = []
  for (let rest = text.trim(); rest !== ''; ) {
    const found = labelTerm.exec(rest)
    if (!found) throw badRequest(`unable to parse requirement: found '${rest.slice(0, 20)}', expected: identifier`)
    terms.push(termOf(found))
    rest = rest.slice(found[0].length)
  }
  return (object) => {
    const labels = object.metadata.labels ?? {}
    return terms.every((term) => term.test(labels[term.key]))
  }
}

function termOf(found: RegExpExecArray): LabelTerm {
  const [, not, absent, inKey, inWord, inValues, eqKey, eq, eqValue, cmpKey, cmp, cmpValue, present] = found
  if (not && absent) return { key: absent, test: (value) => value === undefined }
  if (inKey) {
    const values = new Set((inValues ?? '').split(',').map((value) => value.trim()))
    if (inWord === 'in') return { key: inKey, test: (value) => value !== undefined && values.has(value) }
    return { key: inKey, test: (value) => value === undefined || !values.has(value) }
  }
  if (eqKey) {
    return eq === '!='
      ? { key: eqKey, test: (value) => value !== eqValue }
      : { key: eqKey, test: (value) => value === eqValue }
  }
  if (cmpKey) {
    const bound = Number(cmpValue)
    return {
      key: cmpKey,
      test: (value) => value !== undefined && (cmp === '>' ? Number(value) > bound : Number(value) < bound),
    }
  }
  return { key: present ?? '', test: (value) => value !== undefined }
}

/**
 * A `metav1.LabelSelector` as the API holds it in specs. Undefined or null matches nothing, an empty one everything
 * (policy/v1).
 */
export function objectSelector(selector: Json | undefined): (labels: Readonly<Record<string, string>>) => boolean {
  if (!isObject(selector)) return () => false
  const wanted = Object.entries(mapAt(selector, 'matchLabels'))
  const terms = listAt(selector, 'matchExpressions')
  return (labels) =>
    wanted.every(([key, value]) => labels[key] === value) && terms.every((term) => expressionHolds(term, labels))
}

function expressionHolds(term: JsonObject, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[String(term.key)]
  const values = Array.isArray(term.values) ? term.values : []
  switch (term.operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    default:
      return value === undefined
  }
}

const always = ['metadata.name', 'metadata.namespace']

/** The fields each kind can be selected by; the built-in list is the real server's. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  replicasets: ['status.replicas'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
}

/** Parses `spec.nodeName=a,status.phase!=Failed`; refuses fields the kind is not indexed by. */
export function fieldSelector(text: string, kind: ServedKind): Match {
  const allowed = [...always, ...((kind.custom ? kind.custom.selectable : selectable[kind.plural]) ?? [])]
  const terms = splitTerms(text).map((term) => {
    const [, field = '', operator = '', value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? []
    if (operator === '') throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    if (!allowed.includes(field)) throw badRequest(unknownField(field, kind))
    return { path: field.split('.'), value: unquoted(value), equal: operator !== '!=' }
  })
  return (object) => terms.every((term) => (fieldText(object, term.path) === term.value) === term.equal)
}

function unknownField(field: string, kind: ServedKind): string {
  const plain = `field label not supported: ${field}`
  if (kind.custom) return plain
  return kind.plural in selectable && kind.group === ''
    ? plain
    : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
}

function splitTerms(text: string): readonly string[] {
  return text
    .split(/(?<!\\),/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
}

function unquoted(value: string): string {
  return value.replaceAll(/\\([\\,=])/g, '$1')
}

function fieldText(object: ApiObject, path: readonly string[]): string {
  if (path.length === 1 && path[0] === 'source') {
    return String(at(object, 'source', 'component') ?? at(object, 'reportingComponent') ?? '')
  }
  const value = at(object, ...path)
  if (path.at(-1) === 'unschedulable' || path.at(-1) === 'hostNetwork') return String(value ?? false)
  return value === undefined || value === null ? '' : String(value)
}
