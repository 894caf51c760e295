/** Namespaces, disruption budgets, events and the kinds that are only stored. */
import { type Cause, invalidValue, required } from '../failure.ts'
import { type ApiObject, at, listAt, numberAt, textAt, withAt } from '../json.ts'
import { immutable, qualifiedCauses } from './metadata.ts'
import type { Rules } from './rules.ts'

/** Every namespace can be selected by its name. */
const nameLabel = 'kubernetes.io/metadata.name'

export const namespaceRules: Rules = {
  nameForm: 'label',
  defaults(namespace) {
    const { name } = namespace.metadata
    if (name === '') return namespace
    return withAt(namespace, ['metadata', 'labels'], { ...namespace.metadata.labels, [nameLabel]: name })
  },
  create: (namespace) => ({ ...namespace, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }),
}

export const budgetRules: Rules = {
  create: (budget) => ({
    ...budget,
    status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  }),
  validate(budget) {
    const causes: Cause[] = []
    const least = at(budget, 'spec', 'minAvailable')
    const most = at(budget, 'spec', 'maxUnavailable')
    if (least !== undefined && most !== undefined) {
      causes.push({
        reason: 'FieldValueInvalid',
        message: `Invalid value: {}: minAvailable and maxUnavailable cannot be both set`,
        field: 'spec',
      })
    }
    for (const [name, value] of [
      ['minAvailable', least],
      ['maxUnavailable', most],
    ] as const) {
      if (typeof value === 'number' && value < 0) {
        causes.push(invalidValue(`spec.${name}`, value, 'must be greater than or equal to 0'))
      }
      if (typeof value === 'string' && !/^\d+%$/.test(value)) {
        const detail =
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
        causes.push(invalidValue(`spec.${name}`, value, detail))
      }
    }
    for (const field of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']) {
      const value = numberAt(budget, 'status', field)
      if (value < 0) causes.push(invalidValue(`status.${field}`, value, 'must be greater than or equal to 0'))
    }
    const policy = at(budget, 'spec', 'unhealthyPodEvictionPolicy')
    if (typeof policy === 'string' && policy !== 'AlwaysAllow' && policy !== 'IfHealthyBudget') {
      causes.push({
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${policy}": supported values: "AlwaysAllow", "IfHealthyBudget"`,
        field: 'spec.unhealthyPodEvictionPolicy',
      })
    }
    return causes
  },
}

export const eventRules: Rules = {
  validate(event) {
    const causes: Cause[] = []
    const about = textAt(event, 'involvedObject', 'namespace')
    const own = event.metadata.namespace ?? ''
    if (about === '' ? own !== 'default' && own !== '' && own !== 'kube-system' : about !== own) {
      causes.push(invalidValue('involvedObject.namespace', about, 'does not match event.namespace'))
    }
    if (at(event, 'eventTime') == null) return causes
    // Only an event of events.k8s.io/v1 has an eventTime, and then it must name its reporter.
    for (const field of ['reportingComponent', 'reportingInstance', 'action', 'reason']) {
      if (textAt(event, field) === '') causes.push(required(field))
    }
    return [...causes, ...qualifiedCauses(textAt(event, 'reportingComponent'), 'reportingComponent')]
  },
}

export const secretRules: Rules = {
  defaults: (secret) => ({ ...plainStringData(secret), type: at(secret, 'type') ?? 'Opaque' }),
  validateUpdate: (next, live) => immutable(next, live, 'type'),
}

/** `stringData` is write-only: its entries become base64 entries of `data`. */
function plainStringData(secret: ApiObject): ApiObject {
  const given = at(secret, 'stringData')
  if (given === undefined) return secret
  const { stringData: _given, ...rest } = secret
  const entries = Object.entries(given as Record<string, string>) // decoded as a map of strings
  const encoded = entries.map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  return { ...rest, data: { ...(at(secret, 'data') as object), ...Object.fromEntries(encoded) } } as ApiObject
}

export const configMapRules: Rules = {
  validateUpdate(next, live) {
    if (at(live, 'immutable') !== true) return []
    return ['data', 'binaryData'].flatMap((field) =>
      JSON.stringify(at(next, field)) === JSON.stringify(at(live, field))
        ? []
        : [{ reason: 'FieldValueForbidden', message: 'Forbidden: field is immutable when `immutable` is set', field }],
    )
  },
}

export const attachmentRules: Rules = {
  create: (attachment) => ({ ...attachment, status: { attached: false } }),
  validate(attachment) {
    const causes: Cause[] = []
    if (textAt(attachment, 'spec', 'attacher') === '') causes.push(required('spec.attacher'))
    if (textAt(attachment, 'spec', 'nodeName') === '') causes.push(required('spec.nodeName'))
    const sources = ['inlineVolumeSpec', 'persistentVolumeName'].filter((name) =>
      at(attachment, 'spec', 'source', name),
    )
    if (sources.length === 0)
      causes.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'))
    return causes
  },
  validateUpdate: (next, live) => immutable(next, live, 'spec'),
}

/** True when a namespace no longer takes new objects. */
export function isTerminating(namespace: ApiObject): boolean {
  return namespace.metadata.deletionTimestamp !== undefined || textAt(namespace, 'status', 'phase') === 'Terminating'
}

/** The finalizers of `spec` that keep a namespace until its content is gone. */
export function namespaceFinalizers(namespace: ApiObject): number {
  const list = at(namespace, 'spec', 'finalizers')
  return Array.isArray(list) ? list.length : listAt(namespace, 'spec', 'finalizers').length
}
