/**
 * Writes `src/embedded/schema/types/*.ts`: the fields, list topologies and zero values of the built-in kinds that
 * the embedded server serves, condensed from Kubernetes' published OpenAPI v3 documents (Apache-2.0).
 * Usage: node test/contract/condense.ts FOLDER GOFILE…, where FOLDER is `api/openapi-spec/v3` of a Kubernetes source
 * tree and the Go files are the `types.go` of the groups: they tell which fields are pointers and which are written
 * even when empty, which OpenAPI does not.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Property {
  readonly $ref?: string
  readonly allOf?: readonly Property[]
  readonly oneOf?: readonly Property[]
  readonly type?: string
  readonly format?: string
  readonly default?: unknown
  readonly items?: Property
  readonly properties?: Readonly<Record<string, Property>>
  readonly additionalProperties?: Property
  readonly required?: readonly string[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-patch-strategy'?: string
  readonly 'x-kubernetes-patch-merge-key'?: string
}

/** File of ours ← document and root kinds; a type lands in the first file that reaches it. */
const plan: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'meta',
    'api__v1',
    ['Namespace', 'ConfigMap', 'Secret', 'ServiceAccount', 'Event', 'Binding', 'Eviction', 'DeleteOptions'],
  ],
  ['node', 'api__v1', ['Node']],
  ['pod', 'api__v1', ['Pod']],
  ['apps', 'apis__apps__v1', ['ReplicaSet', 'Deployment', 'DaemonSet', 'StatefulSet', 'ControllerRevision', 'Scale']],
  ['policy', 'apis__policy__v1', ['PodDisruptionBudget']],
  ['coordination', 'apis__coordination.k8s.io__v1', ['Lease']],
  ['storage', 'apis__storage.k8s.io__v1', ['VolumeAttachment']],
  ['authorization', 'apis__authorization.k8s.io__v1', ['SelfSubjectAccessReview', 'SelfSubjectRulesReview']],
  ['authentication', 'apis__authentication.k8s.io__v1', ['SelfSubjectReview']],
  ['apiextensions', 'apis__apiextensions.k8s.io__v1', ['CustomResourceDefinition']],
]
const scalars: Readonly<Record<string, string>> = {
  Quantity: 'quantity',
  Time: 'time',
  MicroTime: 'microtime',
  IntOrString: 'int-or-string',
  FieldsV1: 'any',
  RawExtension: 'any',
  JSON: 'any',
  JSONSchemaPropsOrBool: 'any',
  JSONSchemaPropsOrArray: 'any',
  JSONSchemaPropsOrStringArray: 'any',
}

const shortName = (ref: string): string => (ref.split('.').pop() ?? ref).replace(/^.*\//, '')
const target = (property: Property): string | undefined => property.$ref ?? property.allOf?.[0]?.$ref

function typeText(property: Property, reach: (name: string, ref: string) => void): string {
  const ref = target(property)
  if (ref) {
    const name = shortName(ref)
    const scalar = scalars[name]
    if (scalar) return scalar
    reach(name, ref)
    return property['x-kubernetes-map-type'] === 'atomic' ? `!${name}` : name
  }
  if (property.type === 'array' && property.items) {
    const keys = property['x-kubernetes-list-map-keys']
    const relation = property['x-kubernetes-list-type']
    const patch = property['x-kubernetes-patch-strategy']
    const marks = [
      relation === 'set' ? 'set' : relation === 'map' ? `map:${keys?.join('+')}` : '',
      patch?.includes('merge') ? `merge:${property['x-kubernetes-patch-merge-key'] ?? ''}` : '',
    ].filter((mark) => mark !== '')
    return `[${[typeText(property.items, reach), ...marks].join(' ')}]`
  }
  if (property.type === 'object') {
    const inner = property.additionalProperties ? typeText(property.additionalProperties, reach) : 'any'
    return `${property['x-kubernetes-map-type'] === 'atomic' ? '!' : ''}{${inner}}`
  }
  if (property.oneOf) return 'int-or-string'
  if (property.format === 'date-time') return 'time'
  if (property.format === 'byte') return 'bytes'
  return property.type ?? 'any'
}

interface GoField {
  readonly type: string
  readonly omit: boolean
  readonly omitZero: boolean
  /** Field numbers from the outer message to the field; more than one where a struct is inlined. */
  readonly wire: readonly number[]
}

/** Struct name → JSON field name → how Go writes it; inlined structs are under the key `inline`, joined by commas. */
function readGo(files: readonly string[]): Map<string, Map<string, GoField>> {
  const structs = new Map<string, Map<string, GoField>>()
  for (const file of files) {
    for (const [, name = '', body = ''] of readFileSync(file, 'utf8').matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)) {
      const fields = structs.get(name) ?? new Map<string, GoField>()
      for (const [, type = '', tags = ''] of body.matchAll(/^\t(?:\w+[ \t]+)?([^\s`/]+)[ \t]+`([^`]*json:[^`]*)`/gm)) {
        const [json = '', ...flags] = (/json:"([^"]*)"/.exec(tags)?.[1] ?? '').split(',')
        const number = Number(/protobuf:"\w+,(\d+)/.exec(tags)?.[1] ?? 0)
        const inline = flags.includes('inline') || json === ''
        const key = inline ? `inline ${fields.size}` : json
        fields.set(key, {
          type,
          omit: flags.includes('omitempty'),
          omitZero: flags.includes('omitzero'),
          wire: number === 0 ? [] : [number],
        })
      }
      structs.set(name, fields)
    }
  }
  return structs
}

function goField(structs: ReadonlyMap<string, Map<string, GoField>>, owner: string, name: string): GoField | undefined {
  const fields = structs.get(owner)
  const own = fields?.get(name)
  if (own || !fields) return own
  for (const [key, field] of fields) {
    const inner = key.startsWith('inline') ? goField(structs, shortName(field.type.replace('*', '')), name) : undefined
    // TypeMeta has no number: kind and version travel outside the message.
    if (inner) return { ...inner, wire: field.wire.length === 0 ? [] : [...field.wire, ...inner.wire] }
  }
  return undefined
}

/** `~`: written even when empty. `?`: a pointer, so a zero that was given is kept. `=x`: defaulted to x. */
function suffix(property: Property, field: GoField | undefined, isStruct: boolean): string {
  const value = property.default
  const fallback = typeof value === 'string' && value !== '' ? `=${value}` : ''
  if (!field) return fallback
  if (field.type.startsWith('*')) return field.omit || field.omitZero ? `?${fallback}` : `?~${fallback}`
  if (field.omitZero) return fallback
  return isStruct || !field.omit ? `~${fallback}` : fallback
}

function wrap(head: string, fields: readonly string[]): string {
  const lines: string[] = [head]
  for (const field of fields) {
    const last = lines[lines.length - 1] ?? ''
    if (last.length + field.length + 2 > 112) lines.push(`  ${field}`)
    else lines[lines.length - 1] = `${last}${last.trim() === head ? ' ' : ', '}${field}`
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line},` : line)).join('\n')
}

const [folder, ...goFiles] = process.argv.slice(2)
if (!folder || goFiles.length === 0) throw new Error('usage: node test/contract/condense.ts FOLDER GOFILE…')
const structs = readGo(goFiles)
const done = new Set<string>()
for (const [file, document, roots] of plan) {
  const text = readFileSync(join(folder, `${document}_openapi.json`), 'utf8')
  const schemas = (JSON.parse(text) as { components: { schemas: Record<string, Property> } }).components.schemas
  const queue = roots.map((root) => {
    const ref = Object.keys(schemas).find((name) => shortName(name) === root && !name.includes('events.k8s.io'))
    return { name: root, ref: `#/components/schemas/${ref}` }
  })
  const out: string[] = []
  for (let entry = queue.shift(); entry; entry = queue.shift()) {
    if (done.has(entry.name)) continue
    done.add(entry.name)
    const schema = schemas[entry.ref.replace('#/components/schemas/', '')]
    if (!schema) throw new Error(`no schema ${entry.name} ${entry.ref}`)
    const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => {
      const type = typeText(property, (inner, ref) => queue.push({ name: inner, ref }))
      const field = goField(structs, entry.name, name)
      if (!field) console.error(`no Go field for ${entry.name}.${name}`)
      const isStruct = /^[A-Z]/.test(type) || type === 'time' || type === 'microtime'
      const wire = field && field.wire.length > 0 ? `@${field.wire.join('.')}` : ''
      return `${name} ${type}${suffix(property, field, isStruct)}${wire}`
    })
    const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? '!' : ''
    out.push(wrap(`${atomic}${entry.name}:`, fields))
  }
  const head =
    '// Generated by test/contract/condense.ts from Kubernetes 1.36 OpenAPI documents; see ../types.ts for the notation.\n'
  writeFileSync(
    join(import.meta.dirname, '../../src/embedded/schema/types', `${file}.ts`),
    `${head}export const ${file}Types = \`\n${out.join('\n').replaceAll('$', '\\$')}\n\`\n`,
  )
}
