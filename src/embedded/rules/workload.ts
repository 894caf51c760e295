/** Workload owners: the defaults and checks that drains and `kubectl` depend on. */
import { type Cause, invalidValue, required } from '../failure.ts'
import { type ApiObject, at, isObject, type Json, type JsonObject, listAt, mapAt, withAt } from '../json.ts'
import { objectSelector } from '../selector.ts'
import { immutable } from './metadata.ts'
import { defaultPodSpec, podSpecCauses } from './pod.ts'
import type { Rules } from './rules.ts'

function withSpec(object: ApiObject, defaults: JsonObject): ApiObject {
  const spec = at(object, 'spec')
  if (!isObject(spec)) return object
  const template = at(spec, 'template', 'spec')
  const filled = isObject(template) ? withAt(spec, ['template', 'spec'], defaultPodSpec(template)) : spec
  return { ...object, spec: fillIn(defaults, filled) }
}

/** `defaults` under what is given: an empty strategy still gets its type and limits. */
function fillIn(defaults: JsonObject, given: JsonObject): JsonObject {
  const out: Record<string, Json | undefined> = { ...given }
  for (const [name, fallback] of Object.entries(defaults)) {
    const value = given[name]
    if (value === undefined) out[name] = fallback
    else if (isObject(value) && isObject(fallback) && (!value.type || value.type === fallback.type)) {
      out[name] = fillIn(fallback, value)
    }
  }
  return out
}

function validate(object: ApiObject): Cause[] {
  const selector = at(object, 'spec', 'selector')
  if (!isObject(selector)) return [required('spec.selector')]
  const labels = mapAt(object, 'spec', 'template', 'metadata', 'labels')
  const causes: Cause[] = []
  const empty = Object.keys(mapAt(selector, 'matchLabels')).length + listAt(selector, 'matchExpressions').length === 0
  if (empty) causes.push(invalidValue('spec.selector', selector as Json, 'empty selector is invalid for deployment'))
  if (!objectSelector(selector)(labels)) {
    causes.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  }
  const replicas = at(object, 'spec', 'replicas')
  if (typeof replicas === 'number' && replicas < 0) {
    causes.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'))
  }
  return [...causes, ...podSpecCauses(at(object, 'spec', 'template', 'spec'), 'spec.template.spec')]
}

function rules(defaults: JsonObject, status?: JsonObject): Rules {
  return {
    defaults: (object) => withSpec(object, defaults),
    validate,
    validateUpdate: (next, live) => immutable(next, live, 'spec', 'selector'),
    ...(status ? { create: (object: ApiObject): ApiObject => ({ ...object, status }) } : {}),
  }
}

const rolling = { maxSurge: '25%', maxUnavailable: '25%' }

export const replicaSetRules = rules({ replicas: 1 }, { replicas: 0 })
export const deploymentRules: Rules = {
  ...rules({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: rolling },
  }),
  resetOnStatus: [['spec'], ['metadata', 'labels']],
}
/** A counter of the template that older clients read. */
const templateGeneration = 'deprecated.daemonset.template.generation'

function withTemplateGeneration(set: ApiObject): ApiObject {
  const annotations = { [templateGeneration]: '1', ...set.metadata.annotations }
  return withAt(set, ['metadata', 'annotations'], annotations)
}

const daemonSet = rules(
  {
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
  },
  { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
)
export const daemonSetRules: Rules = {
  ...daemonSet,
  defaults: (set) => withTemplateGeneration(daemonSet.defaults?.(set) ?? set),
}

export const statefulSetRules = rules(
  {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  },
  { availableReplicas: 0, replicas: 0 },
)
