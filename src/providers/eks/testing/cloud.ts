/** A small AWS in memory: one node group's Auto Scaling group, whose machines start and end when a test says so. */
import type { Through } from '../../testing/tap.ts'
import type { Change, Cloud, Group, Instance, Nodegroup } from '../cloud.ts'

export interface ModelMachine {
  state: string
  lifecycle: string
  failing: string[]
  events: Instance['events']
  /** How often it was rebooted. */
  boots: number
}

export class ModelCloud {
  readonly machines = new Map<string, ModelMachine>()
  desired: number
  max: number
  mark: string | undefined
  nodegroup: Nodegroup = { status: 'ACTIVE', issues: [], repairs: false, limits: 'off' }
  suspended: string[] = []
  /** Every change that took effect, in order. */
  readonly changes: Change[] = []

  constructor(ids: readonly string[], max: number) {
    for (const id of ids) this.start(id)
    this.desired = ids.length
    this.max = max
  }

  start(id: string, lifecycle = 'InService'): void {
    this.machines.set(id, { state: 'running', lifecycle, failing: [], events: [], boots: 0 })
  }

  machine(id: string): ModelMachine {
    const found = this.machines.get(id)
    if (!found) throw new TypeError(`no ${id} in the model`)
    return found
  }

  /** What was begun comes to its end. */
  finish(): void {
    for (const one of this.machines.values()) {
      if (one.lifecycle.startsWith('Terminating')) Object.assign(one, { state: 'terminated', lifecycle: '' })
      if (one.lifecycle === 'Pending') one.lifecycle = 'InService'
    }
  }

  get members(): Group['instances'] {
    return [...this.machines].flatMap(([id, { lifecycle }]) => (lifecycle === '' ? [] : [{ id, lifecycle }]))
  }

  /** The model as the provider reaches it, by `through`. */
  cloud(through: Through = (_call, send) => send()): Cloud {
    const read = <A>(name: string, timeoutMs: number, answer: () => A): Promise<A> =>
      through({ name, writes: false, timeoutMs }, async () => answer())
    return {
      instance: (id, timeoutMs) => read('instance', timeoutMs, () => this.#instance(id)),
      group: (name, timeoutMs) => read('group', timeoutMs, () => this.#group(name)),
      nodegroup: (_name, timeoutMs) => read('nodegroup', timeoutMs, () => this.nodegroup),
      ending: (_group, _instance, timeoutMs) => read('activities', timeoutMs, () => undefined),
      change: (change, timeoutMs) =>
        through({ name: change.kind, writes: true, timeoutMs }, async () => this.#apply(change)),
    }
  }

  #instance(id: string): Instance {
    const one = this.machines.get(id)
    if (!one) return { id, state: 'unheard', failing: [], events: [] }
    const { state, lifecycle, failing, events } = one
    return { id, state, failing, events, ...(lifecycle !== '' && { group: 'asg', lifecycle }) }
  }

  #group(name: string): Group | undefined {
    if (name !== 'asg') return undefined
    const { desired, max, suspended, mark } = this
    return { name, desired, max, suspended, instances: this.members, ...(mark !== undefined && { mark }) }
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case 'reboot':
        this.machine(change.instance).boots++
        break
      case 'terminate': {
        const one = this.machine(change.instance)
        if (one.lifecycle !== 'InService') throw new Error('the instance is not in service')
        one.lifecycle = 'Terminating:Wait'
        if (change.decrement) this.desired--
        break
      }
      case 'mark':
        this.mark = change.mark
        break
      case 'resize':
        if (change.desired > this.max) throw new Error('the desired capacity is above the maximum')
        this.desired = change.desired
    }
    this.changes.push(change)
  }
}
