/**
 * A service of the operator's own that reboots and replaces machines, by signed HTTP. The service answers for the call
 * (`PUT` with an id, at most once), Kubernetes for its result: a machine is gone when its Node object is, and booted when
 * its boot id says so.
 */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import { rightOn } from '../../kube/rights/right.ts'
import { shownText } from '../../model/shown.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { asNodeRef, createdAt, readIfThere } from '../objects.ts'
import { onlyAction } from '../only-action.ts'
import type { Actor, Operation, OperationView, ProviderKind, ProviderParts } from '../provider.ts'
import { lookForBoot } from '../reboot.ts'
import { orUnknown, pickSuccessor } from '../successor.ts'
import {
  operationBody,
  operationId,
  serviceStates,
  signed,
  type WebhookAnswer,
  type WebhookSettings,
} from './protocol.ts'

const poolLabel = 'nodemend.dev/webhook-pool'
/** A look is part of a pass over all repairs, which a service that hangs must not hold up. */
const lookMs = 5_000

export const webhook: ProviderKind = {
  can: ['Reboot', 'PowerCycle', 'Replace'],
  poolLabel,
  says: 'machines of a service of your own: it sends signed requests, and the service reboots, power-cycles or replaces the machine',
  rights: [
    rightOn(nodes, ['get'], 'no machine of a webhook is seen to boot or to go'),
    rightOn(nodes, ['list'], 'no replacement of a webhook’s machine is seen to join', { actions: ['Replace'] }),
  ],
  make: webhookActor,
}

function webhookActor({ api, clock, webhook: settings }: ProviderParts): Actor {
  const service = settings && new Service(settings, clock)
  return {
    async target({ name, uid }) {
      if (service) return { kind: 'found', target: { kind: 'Node', name, uid } }
      const change = 'the controller’s flags --webhook-url and --webhook-secret-file'
      return { kind: 'refused', why: 'the controller does not know the webhook of this pool', change }
    },
    look: (operation) => orUnknown(() => look(api, service, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Reboot', 'PowerCycle', 'Replace')
      if (!service) throw new Error('no --webhook-url is set')
      const node = await readIfThere<NodeObject>(api, nodes, operation.nodeName)
      if (node?.metadata.uid !== operation.target.uid) return // gone, or another machine by now
      await service.begin(operation, node.spec?.providerID, timeoutMs)
    },
  }
}

interface NodeObject extends KubeObject {
  readonly spec?: { readonly providerID?: string }
}

async function look(api: Api, service: Service | undefined, operation: Operation): Promise<OperationView> {
  if (operation.action !== 'Replace') {
    const booted = await lookForBoot(api, operation)
    if (booted.state !== 'unknown' || !service) return booted
    const told = await service.state(operation)
    return told.state === 'unknown' ? told : booted
  }
  const node = await readIfThere(api, nodes, operation.nodeName)
  if (node?.metadata.uid === operation.nodeUid) {
    return service ? service.state(operation) : { state: 'unknown', why: 'no --webhook-url is set' }
  }
  const pool = operation.nodeLabels[poolLabel] ?? ''
  const { items } = await listObjects<KubeObject>(api, nodes, { labelSelector: `${poolLabel}=${pool}` })
  const newcomers = items.map((one) => ({ createdAt: createdAt(one), node: asNodeRef(one) }))
  return { state: 'gone', successor: pickSuccessor(operation, newcomers) }
}

/** The service at the other end. What it says is shown to people, so it is cut and escaped. */
class Service {
  readonly #settings: WebhookSettings
  readonly #clock: Clock

  constructor(settings: WebhookSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Rejects unless the service says that it has the operation. */
  async begin(operation: Operation, providerId: string | undefined, timeoutMs: number): Promise<void> {
    const { action, nodeName: name, nodeUid: uid, nodeLabels: labels } = operation
    const body = operationBody({ action, node: { name, uid, ...(providerId && { providerID: providerId }), labels } })
    const answer = await this.#send('PUT', operation, timeoutMs, body)
    if (answer.status < 200 || answer.status > 299) throw refusal(answer)
  }

  /** How the operation stands, while its node is there as before. */
  async state(operation: Operation): Promise<OperationView> {
    const answer = await this.#send('GET', operation, lookMs)
    if (answer.status === 404) return { state: 'not-started' }
    if (answer.status !== 200) return { state: 'unknown', why: refusal(answer).message }
    const { state, why } = readState(answer.text)
    const words = why === '' ? '' : `: ${why}`
    switch (state) {
      case 'running':
        return { state: 'running', why: `the webhook is at work${words}` }
      case 'done':
        return { state: 'running', why: `the webhook is done, and the Node object is still there${words}` }
      case 'failed':
        return { state: 'unknown', why: `the webhook gave up${words}` }
      case undefined:
        return { state: 'unknown', why: `the webhook’s answer has no state of ${serviceStates.join(', ')}` }
    }
  }

  #send(method: 'GET' | 'PUT', operation: Operation, timeoutMs: number, body?: string): Promise<WebhookAnswer> {
    const { url, secret, send } = this.#settings
    const address = `${url.replace(/\/+$/, '')}/v1/operations/${encodeURIComponent(operationId(operation))}`
    const path = new URL(address).pathname
    const signature = signed(secret(), this.#clock.now(), { method, path, ...(body !== undefined && { body }) })
    const headers = { ...signature, ...(body !== undefined && { 'content-type': 'application/json' }) }
    return send({ method, url: address, headers, timeoutMs, ...(body !== undefined && { body }) })
  }
}

function refusal({ status, text }: WebhookAnswer): Error {
  return new Error(`the webhook answered ${status}${text === '' ? '' : `: ${shownText(text)}`}`)
}

function readState(text: string): { readonly state: (typeof serviceStates)[number] | undefined; readonly why: string } {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    answer = undefined
  }
  const { state, why } = (answer ?? {}) as { readonly state?: unknown; readonly why?: unknown } // checked below
  return { state: serviceStates.find((one) => one === state), why: typeof why === 'string' ? shownText(why) : '' }
}
