/** Pods: defaults and admission of the real server, the QoS class, and which fields an update may change. */
import { type Cause, forbiddenField, invalidValue, notSupported, required } from '../failure.ts'
import {
  type ApiObject,
  at,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  mapAt,
  sameJson,
  textAt,
  withAt,
} from '../json.ts'
import type { Rules } from './rules.ts'

const unreachableSeconds = 300

/** Defaults of a pod spec, shared with workload templates. */
export function defaultPodSpec(spec: JsonObject): JsonObject {
  const withDefaults: Record<string, Json | undefined> = {
    ...spec,
    dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
    restartPolicy: spec.restartPolicy ?? 'Always',
    securityContext: spec.securityContext ?? {},
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    schedulerName: spec.schedulerName ?? 'default-scheduler',
  }
  for (const list of ['containers', 'initContainers']) {
    if (spec[list] != null) withDefaults[list] = listAt(spec, list).map(defaultContainer)
  }
  const account = spec.serviceAccountName ?? spec.serviceAccount
  if (account !== undefined) Object.assign(withDefaults, { serviceAccountName: account, serviceAccount: account })
  return withDefaults
}

function defaultContainer(container: JsonObject): JsonObject {
  const image = textAt(container, 'image')
  const tag = /:([\w][\w.-]*)$/.exec(image.replace(/@.*$/, ''))?.[1] ?? (image.includes('@') ? 'digest' : 'latest')
  const out: Record<string, Json | undefined> = {
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? (tag === 'latest' ? 'Always' : 'IfNotPresent'),
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const set = container[probe]
    if (isObject(set)) {
      out[probe] = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...set }
    }
  }
  return out
}

function defaults(pod: ApiObject): ApiObject {
  const spec = at(pod, 'spec')
  if (!isObject(spec)) return pod
  const full: Record<string, Json | undefined> = { ...defaultPodSpec(spec) }
  for (const list of ['containers', 'initContainers']) {
    if (full[list] != null) full[list] = listAt(full, list).map(requestsFromLimits)
  }
  return { ...pod, spec: { ...full, enableServiceLinks: full.enableServiceLinks ?? true } }
}

function requestsFromLimits(container: JsonObject): JsonObject {
  const limits = at(container, 'resources', 'limits')
  if (!isObject(limits)) return container
  const requests = at(container, 'resources', 'requests')
  return withAt(container, ['resources', 'requests'], { ...limits, ...(isObject(requests) ? requests : {}) })
}

/** Admission as a default control plane does it: service account, priority, tolerations of a lost node. */
function create(pod: ApiObject): ApiObject {
  const spec = at(pod, 'spec')
  const admitted: Record<string, Json | undefined> = {
    ...(isObject(spec) ? spec : {}),
    serviceAccountName: at(spec, 'serviceAccountName') ?? 'default',
    serviceAccount: at(spec, 'serviceAccountName') ?? 'default',
    priority: at(spec, 'priority') ?? 0,
    preemptionPolicy: at(spec, 'preemptionPolicy') ?? 'PreemptLowerPriority',
    tolerations: [...listAt(spec, 'tolerations'), ...lostNodeTolerations(listAt(spec, 'tolerations'))],
  }
  const next: ApiObject = { ...pod, spec: admitted }
  return { ...next, status: { phase: 'Pending', qosClass: qosClass(next) } }
}

function lostNodeTolerations(given: readonly JsonObject[]): readonly JsonObject[] {
  return ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !given.some((one) => covers(one, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: unreachableSeconds }))
}

function covers(toleration: JsonObject, key: string): boolean {
  const effect = toleration.effect
  const anyKey = !toleration.key && toleration.operator === 'Exists'
  return (anyKey || toleration.key === key) && (!effect || effect === 'NoExecute')
}

/** Guaranteed when every container limits cpu and memory to its requests, BestEffort when none asks for anything. */
function qosClass(pod: ApiObject): string {
  const containers = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')]
  const amounts = (container: JsonObject, kind: string): Readonly<Record<string, string>> =>
    mapAt(container, 'resources', kind)
  const asks = (container: JsonObject): boolean =>
    ['cpu', 'memory'].some((name) => amounts(container, 'requests')[name] || amounts(container, 'limits')[name])
  if (!containers.some(asks)) return 'BestEffort'
  const guaranteed = containers.every((container) =>
    ['cpu', 'memory'].every((name) => {
      const limit = amounts(container, 'limits')[name]
      return limit !== undefined && limit === amounts(container, 'requests')[name]
    }),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

/** What is wrong with a pod spec found at `path`. */
export function podSpecCauses(spec: Json | undefined, path: string): Cause[] {
  const causes: Cause[] = []
  const containers = listAt(spec, 'containers')
  if (containers.length === 0) causes.push(required(`${path}.containers`))
  const seen = new Set<string>()
  containers.forEach((container, index) => {
    const here = `${path}.containers[${index}]`
    const name = textAt(container, 'name')
    if (name === '') causes.push(required(`${here}.name`))
    else if (seen.has(name)) {
      causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"`, field: `${here}.name` })
    }
    seen.add(name)
    if (textAt(container, 'image') === '') causes.push(required(`${here}.image`))
  })
  const policy = textAt(spec, 'restartPolicy')
  const policies = ['Always', 'OnFailure', 'Never']
  if (!policies.includes(policy)) causes.push(notSupported(`${path}.restartPolicy`, policy, policies))
  const grace = at(spec, 'terminationGracePeriodSeconds')
  if (typeof grace === 'number' && grace < 0) {
    causes.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'))
  }
  return causes
}

const mutable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

function updateCauses(next: ApiObject, live: ApiObject): Cause[] {
  const kept = listAt(live, 'spec', 'tolerations')
  const given = listAt(next, 'spec', 'tolerations')
  if (!kept.every((one) => given.some((other) => sameJson(one, other)))) {
    return [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
  }
  return sameJson(frozen(next), frozen(live)) ? [] : [forbiddenField('spec', mutable)]
}

/** The spec without what an update may change. */
function frozen(pod: ApiObject): Json {
  const spec = at(pod, 'spec')
  if (!isObject(spec)) return null
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec
  const imageless = (list: string): Json =>
    listAt(spec, list).map((container) => withAt(container, ['image'], undefined))
  return { ...rest, containers: imageless('containers'), initContainers: imageless('initContainers') } as JsonObject
}

/** Status writes keep the QoS class, the deletion and the owners, as on the real server. */
export const podRules: Rules = {
  defaults,
  create,
  validate: (pod) => podSpecCauses(at(pod, 'spec'), 'spec'),
  validateUpdate: updateCauses,
  updateStatus: (next, live) => withAt(next, ['status', 'qosClass'], at(live, 'status', 'qosClass')),
  resetOnStatus: [['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']],
}
