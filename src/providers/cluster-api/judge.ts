/** Whether Cluster API may be asked to replace a machine, and how: pure, from what its objects say. */
import { remediationTemplates } from '../../kube/api.ts'
import { shownText } from '../../model/shown.ts'
import type { TargetAnswer } from '../provider.ts'
import type { MachineFacts } from './facts.ts'
import type { HealthCheck, LabelSelector, Machine, MachineCondition } from './objects.ts'

type Refusal = Extract<TargetAnswer, { kind: 'refused' }>

/** `mark`: its owner replaces a machine that is marked unhealthy. `delete`: its owner fills the gap that a deletion leaves. */
export type Way = 'mark' | 'delete'

/** The two conditions by which a MachineHealthCheck asks the owner of a Machine to replace it. */
export const failedCheck = 'HealthCheckSucceeded'
export const askedOwner = 'OwnerRemediated'

const pausedKey = 'cluster.x-k8s.io/paused'
const skipKey = 'cluster.x-k8s.io/skip-remediation'
const noCreationKey = 'cluster.x-k8s.io/disable-machine-create'
const revisionKey = 'machinedeployment.clusters.x-k8s.io/revision'
const controlPlaneLabel = 'cluster.x-k8s.io/control-plane'
/** As in `pre-drain.delete.hook.machine.cluster.x-k8s.io/NAME: OWNER`. */
const preDrainHook = 'pre-drain.delete.hook.machine.cluster.x-k8s.io'
const preTerminateHook = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io'
/** A control plane of one machine has no quorum without it. */
const fewestControlPlanes = 2

const ways: Readonly<Record<string, Way>> = { MachineSet: 'mark', KubeadmControlPlane: 'mark', MachinePool: 'delete' }

/** How the machine's owner replaces it; undefined where it does not. */
export function wayOf({ ownedBy }: MachineFacts): Way | undefined {
  return ownedBy && ways[ownedBy.kind]
}

/** Why the machine must be left alone; undefined where it may be replaced. */
export function refusalOf(
  facts: MachineFacts,
  node: { readonly name: string; readonly uid: string },
): Refusal | undefined {
  return linkRefusal(facts, node) ?? heldRefusal(facts) ?? ownerRefusal(facts) ?? checkRefusal(facts)
}

function refuse(why: string, change: string): Refusal {
  return { kind: 'refused', why, change }
}

/** The Node names the Machine, and the Machine must name the Node: an annotation alone can be stale or forged. */
function linkRefusal({ machine: { object } }: MachineFacts, { name, uid }: { name: string; uid: string }) {
  const ref = object.status?.nodeRef
  const machine = nameOf(object)
  if (ref?.name !== name) {
    const said = ref?.name === undefined ? 'no node' : `node ${ref.name}`
    return refuse(`Machine ${machine} names ${said}, and not ${name}`, `its status.nodeRef names ${name}`)
  }
  if (ref.uid !== undefined && ref.uid !== '' && ref.uid !== uid) {
    return refuse(`Machine ${machine} names another Node object ${name}`, 'its status.nodeRef has the UID of this one')
  }
  return undefined
}

/** Somebody has stopped Cluster API here, or is at work. */
function heldRefusal({ machine: { object }, owners, cluster }: MachineFacts): Refusal | undefined {
  const machine = nameOf(object)
  if (object.metadata.deletionTimestamp !== undefined) {
    return refuse(`Cluster API is already deleting Machine ${machine}`, 'nothing: it is being replaced')
  }
  if (isMarked(object)) {
    return refuse(`Cluster API has been asked to replace Machine ${machine}`, 'nothing: its owner replaces it')
  }
  if (!cluster) return refuse(`the Cluster of Machine ${machine} is not there`, 'its spec.clusterName names one')
  const held = [object, ...owners, cluster].find((one) => annotation(one, pausedKey) !== undefined)
  if (held) return refuse(`${textOf(held)} is paused (annotation ${pausedKey})`, 'the annotation is removed')
  const stopped = [...owners, cluster].find((one) => one.spec?.paused)
  if (stopped) return refuse(`${textOf(stopped)} is paused (spec.paused)`, 'spec.paused is false')
  if (annotation(object, skipKey) !== undefined) {
    return refuse(`Machine ${machine} has the annotation ${skipKey}`, 'the annotation is removed')
  }
  const hook = hooksOf(object, preDrainHook)[0]
  if (hook === undefined) return undefined
  const why = `${hook} wants to act before Machine ${machine} is drained, and a repair drains first`
  return refuse(why, 'whoever set the hook removes it')
}

/** Who would start the next machine? */
function ownerRefusal(facts: MachineFacts): Refusal | undefined {
  const { machine, ownedBy, owners } = facts
  const name = nameOf(machine.object)
  if (!ownedBy) return refuse(`nobody owns Machine ${name}, so nobody would replace it`, 'a MachineSet owns it')
  const inControlPlane = machine.object.metadata.labels?.[controlPlaneLabel] !== undefined
  if (!wayOf(facts) || (inControlPlane && ownedBy.kind !== 'KubeadmControlPlane')) {
    const change = inControlPlane ? 'a KubeadmControlPlane owns it' : 'a MachineSet or a MachinePool owns it'
    return refuse(`Machine ${name} belongs to ${ownedBy.kind} ${ownedBy.name}, which replaces no sick machine`, change)
  }
  const [owner, above] = owners
  if (ownedBy.kind === 'MachinePool') return undefined
  if (!owner) return refuse(`${ownedBy.kind} ${ownedBy.name} of Machine ${name} is not there`, 'its owner is there')
  if (owner.metadata.deletionTimestamp !== undefined) {
    return refuse(`${textOf(owner)} is being deleted, so nobody would replace Machine ${name}`, 'its owner stays')
  }
  if (annotation(owner, noCreationKey) !== undefined) {
    return refuse(`${textOf(owner)} starts no machines (annotation ${noCreationKey})`, 'the annotation is removed')
  }
  if (above && annotation(above, revisionKey) !== annotation(owner, revisionKey)) {
    return refuse(`${textOf(above)} is rolling out, and Machine ${name} goes with it`, 'the rollout has ended')
  }
  const { replicas = 1 } = owner.spec ?? {}
  if (inControlPlane && replicas < fewestControlPlanes) {
    return refuse(`${textOf(owner)} has ${replicas} machine, so etcd would lose its quorum`, 'it has 3 machines')
  }
  return undefined
}

/** A MachineHealthCheck owns the repair of the machines that it watches, unless it hands them over to us. */
function checkRefusal({ machine: { object }, healthChecks }: MachineFacts): Refusal | undefined {
  const check = healthChecks.find((one) => watches(one, object) && !handsOver(one))
  if (!check) return undefined
  const name = check.metadata.name ?? ''
  return refuse(
    `MachineHealthCheck ${name} watches it, so Cluster API repairs it`,
    `it is deleted, or its remediation template is a ${remediationTemplates.kind}`,
  )
}

function handsOver({ spec }: HealthCheck): boolean {
  const template = spec?.remediation?.templateRef ?? spec?.remediationTemplate
  return (
    template?.kind === remediationTemplates.kind &&
    (template.apiVersion ?? '').startsWith(`${remediationTemplates.group}/`)
  )
}

function watches({ spec, metadata }: HealthCheck, machine: Machine): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  return spec?.clusterName === machine.spec?.clusterName && matches(spec?.selector, machine.metadata.labels ?? {})
}

/** As Kubernetes judges a label selector, but an operator that is not known matches: then somebody may own it. */
export function matches(selector: LabelSelector = {}, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector
  if (!Object.entries(matchLabels).every(([key, value]) => labels[key] === value)) return false
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key]
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value)
      case 'NotIn':
        return value === undefined || !values.includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
      default:
        return true
    }
  })
}

/** True once its owner is asked to replace it, whoever asked. */
export function isMarked(machine: Machine): boolean {
  return conditionOf(machine, failedCheck)?.status === 'False' && conditionOf(machine, askedOwner)?.status === 'False'
}

export function conditionOf(machine: Machine, type: string): MachineCondition | undefined {
  return machine.status?.conditions?.find((one) => one.type === type)
}

/** What its deletion waits for, as far as the Machine says so. */
export function deletionText(machine: Machine): string {
  const told = conditionOf(machine, 'Deleting')?.message
  const hooks = [...hooksOf(machine, preDrainHook), ...hooksOf(machine, preTerminateHook)]
  const waits = hooks.length === 0 ? '' : `, which waits for ${hooks.join(' and ')}`
  return `Cluster API is deleting Machine ${nameOf(machine)}${waits}${told ? `: ${shownText(told)}` : ''}`
}

/** What the owner of a marked machine says about it. */
export function askedText(machine: Machine): string {
  const told = conditionOf(machine, askedOwner)?.message
  return `the owner of Machine ${nameOf(machine)} has been asked to replace it${told ? `: ${shownText(told)}` : ''}`
}

/** Hooks with this prefix, with who set them. */
function hooksOf({ metadata }: Machine, prefix: string): readonly string[] {
  return Object.entries(metadata.annotations ?? {})
    .filter(([key]) => key === prefix || key.startsWith(`${prefix}/`))
    .map(([key, owner]) => shownText(owner === '' ? key : `${key} of ${owner}`))
}

function nameOf({ metadata: { namespace = '', name = '' } }: Machine): string {
  return `${namespace}/${name}`
}

function annotation({ metadata }: Pick<Machine, 'metadata'>, key: string): string | undefined {
  return metadata.annotations?.[key]
}

function textOf({
  kind = 'Cluster',
  metadata: { namespace = '', name = '' },
}: Pick<Machine, 'kind' | 'metadata'>): string {
  return `${kind} ${namespace}/${name}`
}
