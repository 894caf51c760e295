/** CustomResourceDefinitions: checking one, and serving the kinds it defines. */
import { type Cluster, timestamp } from '../cluster.ts'
import { type Cause, invalidValue, notSupported, required } from '../failure.ts'
import { type ApiObject, at, isList, isObject, type Json, type JsonObject, listAt, textAt, withAt } from '../json.ts'
import {
  builtinKind,
  type CustomVersion,
  type ServedKind,
  scaleSubresource,
  statusSubresource,
  storageKey,
} from '../kinds.ts'
import type { Rules } from '../rules/rules.ts'
import { rootShape } from './structure.ts'

export const definitionRules: Rules = { defaults, create: pending, validate }

function defaults(definition: ApiObject): ApiObject {
  const kind = textAt(definition, 'spec', 'names', 'kind')
  const names: Record<string, Json | undefined> = {
    ...(at(definition, 'spec', 'names') as JsonObject), // decoded as a struct, never absent
  }
  names.singular ||= kind.toLowerCase()
  names.listKind ||= `${kind}List`
  const conversion = at(definition, 'spec', 'conversion') ?? { strategy: 'None' }
  return { ...definition, spec: { ...(at(definition, 'spec') as JsonObject), names, conversion } as JsonObject }
}

function pending(definition: ApiObject): ApiObject {
  const storage = listAt(definition, 'spec', 'versions').find((version) => version.storage === true)
  return {
    ...definition,
    status: {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: storage ? [textAt(storage, 'name')] : [],
    },
  }
}

function validate(definition: ApiObject): Cause[] {
  const causes: Cause[] = []
  const group = textAt(definition, 'spec', 'group')
  const plural = textAt(definition, 'spec', 'names', 'plural')
  const wanted = `${plural}.${group}`
  if (definition.metadata.name !== wanted) {
    causes.push(invalidValue('metadata.name', definition.metadata.name, `must be spec.names.plural+"."+spec.group`))
  }
  if (group === '') causes.push(required('spec.group'))
  if (plural === '') causes.push(required('spec.names.plural'))
  if (textAt(definition, 'spec', 'names', 'kind') === '') causes.push(required('spec.names.kind'))
  const scope = textAt(definition, 'spec', 'scope')
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    causes.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']))
  }
  const versions = listAt(definition, 'spec', 'versions')
  if (versions.filter((version) => version.storage === true).length !== 1) {
    causes.push(
      invalidValue(
        'spec.versions',
        versions as unknown as Json,
        'must have exactly one version marked as storage version',
      ),
    )
  }
  for (const [index, version] of versions.entries()) causes.push(...versionCauses(version, `spec.versions[${index}]`))
  return causes
}

function versionCauses(version: JsonObject, path: string): Cause[] {
  const schema = at(version, 'schema', 'openAPIV3Schema')
  if (!isObject(schema)) return [required(`${path}.schema.openAPIV3Schema`, 'schemas are required')]
  if (schema.type !== 'object') {
    return [invalidValue(`${path}.schema.openAPIV3Schema.type`, schema.type ?? '', 'must be object at the root')]
  }
  return schemaCauses(schema, `${path}.schema.openAPIV3Schema`)
}

/** The structural rules that serving needs: every property has a type, keyed lists name their keys. */
function schemaCauses(schema: JsonObject, path: string): Cause[] {
  const causes: Cause[] = []
  const loose = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (!schema.type && !loose) causes.push(required(`${path}.type`, 'must not be empty for specified object fields'))
  if (schema['x-kubernetes-list-type'] === 'map' && !isList(schema['x-kubernetes-list-map-keys'])) {
    causes.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'))
  }
  const { properties, items, additionalProperties } = schema
  if (schema.type === 'array' && !isObject(items)) causes.push(required(`${path}.items`, 'must be specified'))
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
    if (isObject(property)) causes.push(...schemaCauses(property, `${path}.properties[${name}]`))
  }
  if (isObject(items)) causes.push(...schemaCauses(items, `${path}.items`))
  if (isObject(additionalProperties)) causes.push(...schemaCauses(additionalProperties, `${path}.additionalProperties`))
  return causes
}

/** The kinds a definition asks to serve, one per served version. */
export function servedBy(definition: ApiObject): readonly ServedKind[] {
  const names = at(definition, 'spec', 'names')
  const group = textAt(definition, 'spec', 'group')
  return listAt(definition, 'spec', 'versions')
    .filter((version) => version.served === true)
    .map((version) => {
      const kind = textAt(names, 'kind')
      const resource = {
        group,
        version: textAt(version, 'name'),
        plural: textAt(names, 'plural'),
        kind,
        namespaced: textAt(definition, 'spec', 'scope') === 'Namespaced',
      }
      const custom = customVersion(definition, version)
      const hasStatus = isObject(at(version, 'subresources', 'status'))
      return {
        ...resource,
        singular: textAt(names, 'singular'),
        listKind: textAt(names, 'listKind'),
        shortNames: texts(at(names, 'shortNames')),
        categories: texts(at(names, 'categories')),
        shape: rootShape(kind, custom.schema),
        hasStatus,
        hasGeneration: true,
        subresources: [
          ...(hasStatus ? [statusSubresource(resource)] : []),
          ...(custom.scale ? [scaleSubresource] : []),
        ],
        custom,
      }
    })
}

function customVersion(definition: ApiObject, version: JsonObject): CustomVersion {
  const schema = at(version, 'schema', 'openAPIV3Schema')
  const scale = at(version, 'subresources', 'scale')
  return {
    schema: isObject(schema) ? schema : undefined,
    columns: listAt(version, 'additionalPrinterColumns'),
    scale: isObject(scale) ? scale : undefined,
    selectable: listAt(version, 'selectableFields').map((field) => textAt(field, 'jsonPath').replace(/^\./, '')),
    definition: definition.metadata.name,
  }
}

function texts(value: Json | undefined): readonly string[] {
  return isList(value) ? value.map(String) : []
}

/** Serves what the stored definition says now and reports it Established, as the real server's controllers do. */
export function establish(cluster: Cluster, name: string): void {
  const kind = builtinKind('customresourcedefinitions')
  const stored = cluster.store.get(storageKey(kind), `/${name}`)
  cluster.kinds.withdraw(name)
  if (!stored || stored.metadata.deletionTimestamp !== undefined) return
  for (const one of servedBy(stored)) cluster.kinds.add(one)
  const accepted = at(stored, 'spec', 'names')
  if (JSON.stringify(at(stored, 'status', 'acceptedNames')) === JSON.stringify(accepted)) return
  const at0 = timestamp(cluster.clock)
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    lastTransitionTime: at0,
    message,
    reason,
    status: 'True',
    type,
  })
  const conditions = [
    condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
    condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
  ]
  const status = { ...(stored.status as JsonObject), acceptedNames: accepted ?? null, conditions } // written by create
  cluster.store.put(storageKey(kind), withAt(stored, ['status'], status))
}

/** Removes every object of a definition that is being deleted. */
export function purge(cluster: Cluster, definition: ApiObject): void {
  const key = definition.metadata.name
  for (const object of cluster.store.list(key)) {
    cluster.store.remove(key, `${object.metadata.namespace ?? ''}/${object.metadata.name}`)
  }
}
