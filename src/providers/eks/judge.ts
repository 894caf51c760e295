/** What an instance's state means for a repair. Pure. */
import type { Intervention } from '../../model/action.ts'
import type { Power, TargetAnswer } from '../provider.ts'
import type { Group, Instance, Nodegroup, ScheduledEvent } from './cloud.ts'

type Refusal = Extract<TargetAnswer, { readonly kind: 'refused' }>

/** `aws:///eu-west-1a/i-0123456789abcdef0` → `i-0123456789abcdef0`; undefined for what is no instance of EC2. */
export function instanceIdOf(providerId = ''): string | undefined {
  return /^aws:\/\/\/[^/]*\/(i-[0-9a-f]{8,17})$/.exec(providerId)?.[1]
}

/** `alive`: nobody ends it. `ending`: certainly begun. `ended`: the machine is gone. */
export function stageOf({ state, lifecycle = '' }: Instance): 'alive' | 'ending' | 'ended' {
  if (state === 'terminated' || (state === 'unheard' && lifecycle === '')) return 'ended'
  return state === 'shutting-down' || lifecycle.startsWith('Terminat') ? 'ending' : 'alive'
}

/** Why nothing is done to nodes of the group: EKS repairs or changes it, or could start no machine in the place of one. */
export function nodegroupRefusal(
  name: string,
  { status, issues, repairs, limits }: Nodegroup,
  action: Intervention,
): Refusal | undefined {
  if (repairs) {
    const why = `EKS repairs node group ${name} itself (nodeRepairConfig: ${limits})`
    return refused(why, `node repair of EKS is turned off for ${name}`)
  }
  if (status !== 'ACTIVE' && status !== 'DEGRADED')
    return refused(`EKS has node group ${name} in ${status}`, `${name} is ACTIVE`)
  if (action !== 'Replace' || issues.length === 0) return undefined
  const why = `EKS says that node group ${name} has trouble of its own, so no machine may come (${issues.join('; ')})`
  return refused(why, `aws eks describe-nodegroup shows no health issue of ${name}`)
}

/** Why nothing is done to the instance now; undefined where it may. `now` is wall clock. */
export function refusalOf(instance: Instance, action: Intervention, now: number): Refusal | undefined {
  const { id, state, group, lifecycle = '' } = instance
  const stage = stageOf(instance)
  if (state === 'unheard')
    return refused(`EC2 knows no instance ${id}`, 'the controller’s --aws-region is the region of the cluster')
  if (stage !== 'alive') return refused(`${id} is being ended already (${stateText(instance)})`, 'nothing: it goes')
  if (state !== 'running') return refused(`${id} is ${state}`, `${id} is started, or ended by a person`)
  if (group === undefined) return refused(`${id} belongs to no Auto Scaling group`, 'it is attached to its group again')
  if (lifecycle !== 'InService') {
    return refused(`Auto Scaling group ${group} has ${id} in ${lifecycle}`, `${id} is in service again`)
  }
  const event = instance.events.find((one) => isUnderWay(one, now))
  if (event) return refused(`EC2 is at work on ${id} now (${event.code})`, `the scheduled event ${event.code} is over`)
  return action === 'Reboot' ? retirement(instance) : undefined
}

/** A machine whose host EC2 takes away is not mended by a reboot. */
function retirement({ id, events }: Instance): Refusal | undefined {
  const event = events.find(({ code }) => code === 'instance-retirement' || code === 'instance-stop')
  if (!event) return undefined
  const when = event.notBefore === undefined ? '' : ` from ${new Date(event.notBefore).toISOString()}`
  return refused(`EC2 takes ${id} away${when} (${event.code}), which a reboot does not change`, 'the node is replaced')
}

/** Why no machine would take the place of one that goes; undefined where one would. */
export function replacementRefusal(group: Group | undefined, name: string): Refusal | undefined {
  if (!group) return refused(`there is no Auto Scaling group ${name}`, 'the group is there')
  if (!group.suspended.includes('Launch')) return undefined
  const why = `Auto Scaling group ${name} starts no instance: somebody suspended its process Launch`
  return refused(why, `aws autoscaling resume-processes --auto-scaling-group-name ${name} --scaling-processes Launch`)
}

/** Stopped and terminated machines run nothing. One that EC2 does not know may be one of another region. */
export function powerOf({ id, state }: Instance): Power {
  const why = `EC2 has ${id} in ${state}`
  if (state === 'stopped' || state === 'terminated') return { state: 'off', why }
  return state === 'unheard' ? { state: 'unknown', why: `EC2 knows no instance ${id}` } : { state: 'runs', why }
}

/** EC2's own view, as a second witness of a node that says nothing: `running, failing status checks: system`. */
export function stateText({ state, lifecycle, failing, events }: Instance): string {
  return [
    state,
    ...(lifecycle === undefined || lifecycle === 'InService' ? [] : [lifecycle]),
    ...(failing.length > 0 ? [`failing status checks: ${failing.join(', ')}`] : []),
    ...events.map(
      ({ code, notBefore }) => `${code} ${notBefore ? `at ${new Date(notBefore).toISOString()}` : 'planned'}`,
    ),
  ].join(', ')
}

/** Without an end, the work takes as long as EC2 leaves the event in the list. */
function isUnderWay({ notBefore, notAfter }: ScheduledEvent, now: number): boolean {
  return notBefore !== undefined && notBefore <= now && now < (notAfter ?? Number.POSITIVE_INFINITY)
}

function refused(why: string, change: string): Refusal {
  return { kind: 'refused', why, change }
}
