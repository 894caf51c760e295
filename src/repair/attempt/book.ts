/**
 * The records: NodeRepair objects as the watch and our own writes show them, whichever is newer. Every write names the
 * version it is based on, so that of two controllers only one gets through; the other sees a conflict and looks again.
 */
import { type Api, type KubeObject, nodeRepairs } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { createObject, deleteObject, getObject, patchObject, replaceObject } from '../../kube/objects.ts'
import { isOlder } from '../../kube/replica.ts'
import type { Attempt } from '../../model/repair.ts'
import { guardFinalizer } from './codec.ts'
import { type NodeRepairObject, readAttempt, specOf, statusOf } from './record.ts'

export class AttemptBook {
  readonly #api: Api
  readonly #records = new Map<string, Attempt>()
  /** Names of objects that are not ours to read. */
  readonly #unreadable = new Set<string>()
  /** The highest number of each node's UID that this process has seen, also of records that are gone. */
  readonly #numbers = new Map<string, number>()

  constructor(api: Api) {
    this.#api = api
  }

  get records(): readonly Attempt[] {
    return [...this.#records.values()]
  }

  get unreadable(): readonly string[] {
    return [...this.#unreadable]
  }

  find(name: string): Attempt | undefined {
    return this.#records.get(name)
  }

  /**
   * The number of the next attempt on a node. A name that was deleted is not used again: every controller watches, so the next
   * leader knows it, too. Only when all of them restart in between is a deleted number forgotten.
   */
  nextNumber(nodeUid: string): number {
    return 1 + (this.#numbers.get(nodeUid) ?? 0)
  }

  /** Takes an object from the watch or from an answer; an older one than ours is ignored. */
  take(object: KubeObject): Attempt | undefined {
    const { name = '', resourceVersion = '' } = object.metadata
    const held = this.#records.get(name)
    if (held && isOlder(resourceVersion, held.resourceVersion)) return held
    return this.#keep(object)
  }

  #keep(object: KubeObject): Attempt | undefined {
    const { name = '' } = object.metadata
    const attempt = readAttempt(object)
    if (!attempt) this.#unreadable.add(name)
    else {
      const { nodeUid, number } = attempt
      this.#records.set(name, attempt)
      this.#numbers.set(nodeUid, Math.max(number, this.#numbers.get(nodeUid) ?? 0))
    }
    return attempt
  }

  /**
   * Takes a complete list: what is not in it is gone, and what is in it counts even when it looks older than ours, as it
   * does on a server that was restored from a backup. A write of ours that the list missed comes with the watch.
   */
  takeAll(objects: Iterable<KubeObject>): void {
    const present = new Set<string>()
    for (const object of objects) {
      present.add(object.metadata.name ?? '')
      this.#keep(object)
    }
    for (const name of this.#records.keys()) if (!present.has(name)) this.drop(name)
  }

  drop(name: string): void {
    this.#records.delete(name)
    this.#unreadable.delete(name)
  }

  /**
   * Creates the record with its status. Two exchanges, because the API takes status only on its own subresource: a crash
   * in between leaves a Pending record without sightings, whose toleration then starts with the next pass. Undefined when
   * the name is taken: somebody else has this attempt. `guarded`: with our finaliser, because the repair starts at once.
   */
  async create(attempt: Attempt, guarded = false): Promise<Attempt | undefined> {
    try {
      const metadata = { name: attempt.name, ...(guarded && { finalizers: [guardFinalizer] }) }
      const body: NodeRepairObject = { metadata, spec: specOf(attempt) }
      const created = this.take(await createObject<KubeObject>(this.#api, nodeRepairs, body))
      return created && this.write({ ...attempt, resourceVersion: created.resourceVersion })
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_EXISTS')) throw error
      await this.refresh(attempt.name)
      return undefined
    }
  }

  /**
   * Puts our finaliser on, so that the record cannot vanish under a repair. Undefined when it is gone, or about to be.
   * `NM_KUBE_CONFLICT` when the record changed since `attempt` was read.
   */
  async guard(attempt: Attempt): Promise<Attempt | undefined> {
    if (attempt.guarded) return attempt
    const object = await this.#setFinalizers(attempt, (others) => [...others, guardFinalizer])
    return object && this.take(object)
  }

  /** Takes our finaliser off: a record that a person deleted goes now. `NM_KUBE_CONFLICT` as above. */
  async release(attempt: Attempt): Promise<void> {
    const object = await this.#setFinalizers(attempt, (others) => others)
    if (!object) return
    const gone = object.metadata.deletionTimestamp !== undefined && !object.metadata.finalizers?.length
    if (gone) this.drop(attempt.name)
    else this.take(object)
  }

  async #setFinalizers(
    { name, resourceVersion }: Attempt,
    edit: (others: readonly string[]) => readonly string[],
  ): Promise<KubeObject | undefined> {
    try {
      const { metadata } = await getObject<KubeObject>(this.#api, nodeRepairs, { name })
      const finalizers = edit((metadata.finalizers ?? []).filter((one) => one !== guardFinalizer))
      const patch = { metadata: { resourceVersion, finalizers } }
      return await patchObject<KubeObject>(this.#api, nodeRepairs, { name }, patch, { type: 'merge' })
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
      this.drop(name)
      return undefined
    }
  }

  /** Writes the status. `NM_KUBE_CONFLICT` when the record changed since `attempt` was read. */
  async write(attempt: Attempt): Promise<Attempt> {
    const { name, resourceVersion } = attempt
    const body = { metadata: { name, resourceVersion }, spec: specOf(attempt), status: statusOf(attempt) }
    try {
      const written = await replaceObject<KubeObject>(this.#api, nodeRepairs, { name }, body, { subresource: 'status' })
      return this.take(written) ?? attempt
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) this.drop(name)
      throw error
    }
  }

  /** Reads the record from the server, past every cache; undefined when it is gone. */
  async refresh(name: string): Promise<Attempt | undefined> {
    try {
      return this.take(await getObject<KubeObject>(this.#api, nodeRepairs, { name }))
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
      this.drop(name)
      return undefined
    }
  }

  async remove({ name, resourceVersion }: Attempt): Promise<void> {
    await deleteObject(this.#api, nodeRepairs, { name }, { resourceVersion })
    this.drop(name)
  }
}
