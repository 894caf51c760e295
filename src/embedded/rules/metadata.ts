/** Validation of `metadata`, in the words of k8s.io/apimachinery. */
import { type Cause, forbiddenField, invalidValue, required } from '../failure.ts'
import { type ApiMeta, type ApiObject, at, listAt, mapAt, sameJson } from '../json.ts'
import type { ServedKind } from '../kinds.ts'

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const labelForm = new RegExp(`^${label}$`)
const subdomainForm = new RegExp(`^${label}(\\.${label})*$`)
const qualifiedForm = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const valueForm = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

const labelDetail =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const subdomainDetail =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const qualifiedText =
  "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const qualifiedDetail = `name part must consist of ${qualifiedText}`
const qualifiedTail = `${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`
const valueDetail =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

const totalAnnotationLimit = 256 * 1024

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** What is wrong with a name; `form` is `label` for namespaces, `subdomain` for the rest. */
export function nameCauses(name: string, form: 'label' | 'subdomain', field = 'metadata.name'): Cause[] {
  const causes: Cause[] = []
  const [limit, unit] = form === 'label' ? [63, 'bytes'] : [253, 'characters']
  if (name.length > limit) causes.push(invalidValue(field, name, `must be no more than ${limit} ${unit}`))
  const isSubdomain = subdomainForm.test(name)
  if (form === 'subdomain' && !isSubdomain) causes.push(invalidValue(field, name, subdomainDetail))
  if (form === 'label' && !labelForm.test(name)) {
    causes.push(invalidValue(field, name, isSubdomain ? 'must not contain dots' : labelDetail))
  }
  return causes
}

/** Causes for a whole metadata block. */
export function metadataCauses(meta: ApiMeta, kind: ServedKind, form: 'label' | 'subdomain'): Cause[] {
  const { namespaced } = kind
  const causes: Cause[] = []
  if (!meta.name) causes.push(required('metadata.name', 'name or generateName is required'))
  else causes.push(...nameCauses(meta.name, form))
  if (namespaced && !meta.namespace) causes.push(required('metadata.namespace'))
  if (!namespaced && meta.namespace) causes.push(forbiddenField('metadata.namespace', 'not allowed on this type'))
  causes.push(...labelCauses(mapAt(meta, 'labels'), 'metadata.labels'), ...annotationCauses(meta))
  listAt(meta, 'ownerReferences').forEach((owner, index) => {
    for (const name of ['apiVersion', 'kind', 'name', 'uid']) {
      if (!owner[name]) {
        const detail = name === 'apiVersion' ? 'version must not be empty' : 'must not be empty'
        causes.push(invalidValue(`metadata.ownerReferences[${index}].${name}`, owner[name] ?? '', detail))
      }
    }
  })
  for (const [index, finalizer] of (meta.finalizers ?? []).entries()) {
    causes.push(...qualifiedCauses(finalizer, 'metadata.finalizers'))
    if (kind.custom || finalizer.includes('/') || standardFinalizers.includes(finalizer)) continue
    const detail = 'name is neither a standard finalizer name nor is it fully qualified'
    causes.push(invalidValue(`metadata.finalizers[${index}]`, finalizer, detail))
  }
  return causes
}

/** Causes for a label map at `field`. */
export function labelCauses(labels: Readonly<Record<string, string>>, field: string): Cause[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const causes = qualifiedCauses(key, field, 'a valid label key')
    if (value.length > 63) causes.push(invalidValue(field, value, 'must be no more than 63 bytes'))
    if (!valueForm.test(value)) causes.push(invalidValue(field, value, valueDetail))
    return causes
  })
}

/** Causes for a qualified name such as `example.com/role`. */
export function qualifiedCauses(key: string, field: string, what = 'a qualified name'): Cause[] {
  const [name = '', prefix, ...more] = key.split('/').reverse()
  const causes: Cause[] = []
  if (more.length > 0) return [invalidValue(field, key, `${what} must consist of ${qualifiedTail}`)]
  if (prefix !== undefined && !subdomainForm.test(prefix)) {
    causes.push(invalidValue(field, key, `prefix part ${subdomainDetail}`))
  }
  if (name === '') causes.push(invalidValue(field, key, 'name part must be non-empty'))
  if (name.length > 63) causes.push(invalidValue(field, key, 'name part must be no more than 63 bytes'))
  if (!qualifiedForm.test(name)) causes.push(invalidValue(field, key, qualifiedDetail))
  return causes
}

function annotationCauses(meta: ApiMeta): Cause[] {
  const annotations = mapAt(meta, 'annotations')
  const causes = Object.keys(annotations).flatMap((key) => qualifiedCauses(key.toLowerCase(), 'metadata.annotations'))
  const total = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (total > totalAnnotationLimit) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${totalAnnotationLimit} bytes`,
      field: 'metadata.annotations',
    })
  }
  return causes
}

/** Causes for what may not change between two versions of one object. */
export function metadataUpdateCauses(next: ApiObject, live: ApiObject): Cause[] {
  const causes: Cause[] = []
  for (const name of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'] as const) {
    const value = next.metadata[name]
    if (!sameJson(value, live.metadata[name])) {
      causes.push(invalidValue(`metadata.${name}`, value ?? null, 'field is immutable'))
    }
  }
  if (live.metadata.deletionTimestamp !== undefined) {
    const known = new Set(live.metadata.finalizers)
    const added = (next.metadata.finalizers ?? []).filter((name) => !known.has(name))
    if (added.length > 0) {
      causes.push(
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
        ),
      )
    }
  }
  return causes
}

/** A cause when the value at `path` differs from the stored one. */
export function immutable(next: ApiObject, live: ApiObject, ...path: readonly string[]): Cause[] {
  const value = at(next, ...path)
  return sameJson(value, at(live, ...path)) ? [] : [invalidValue(path.join('.'), value ?? null, 'field is immutable')]
}
