/** What the state machine relies on, as one suite that every provider passes, once for each action that it can. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startModels } from '../../embedded/model/models.ts'
import { startEmbedded } from '../../embedded/server.ts'
import type { Api, Call, KubeObject } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { KubeError } from '../../kube/errors.ts'
import { permissionsOf, permissionText, type Right } from '../../kube/rights/right.ts'
import { limitedTo } from '../../kube/testing/limited-api.ts'
import { type Intervention, interventions } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { Operation, Provider, ProviderKind } from '../provider.ts'
import { providerKinds } from '../providers.ts'
import { type Lines, noAnswer, type Through, tap } from './tap.ts'

/** A cluster with one node that the provider knows. */
export interface ContractSite {
  readonly node: Pick<NodeView, 'name' | 'uid' | 'labels'> & { readonly providerId?: string; readonly bootId?: string }
  /** On how many machines the action has taken effect, or is on its way to. */
  effects(): Promise<number>
  /** Lets what was begun come to its end. */
  finish(): Promise<void>
  /** Puts another object with the target's name in its place. */
  swap(): Promise<void>
  /** What the call has left behind for others to read: requests, locks. Absent where nothing is. */
  leftovers?(): Promise<number>
}

export interface ContractCase {
  readonly name: string
  readonly action: Intervention
  /** False: the call leaves no trace until it has worked. */
  readonly traceable: boolean
  /** Default: those of the entry of that name in the table. */
  readonly rights?: readonly Right[]
  readonly definitions?: readonly KubeObject[]
  make(lines: Lines, clock: SteppedClock): Provider
  site(api: Api, clock: SteppedClock): Promise<ContractSite>
}

/** Straight to the service outside. */
const direct: Through = (_call, send) => send()

type Context = { after(run: () => Promise<void>): void }

async function given(t: Context, contract: ContractCase) {
  const clock = new SteppedClock()
  const random = seededRandom(1)
  const embedded = await startEmbedded({ clock, random, crds: (contract.definitions ?? []) as never }) // plain JSON
  const models = startModels(embedded.cluster, { groups: [{ name: 'pool', size: 2, replaceMs: 3_000 }] })
  const open = (): Api => connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  const opened: Api[] = []
  const connect = (): Api => {
    const api = open()
    opened.push(api)
    return api
  }
  t.after(async () => {
    models.stop()
    for (const api of opened) api.close()
    await embedded.stop()
  })
  await clock.advance(10_000)
  const api = connect()
  const site = await contract.site(api, clock)
  const provider = contract.make({ api, through: direct }, clock)
  const view = site.node as NodeView // providers read no more of it
  const answer = await provider.target(view, contract.action)
  assert.ok(answer.kind === 'found', JSON.stringify(answer))
  const operation: Operation = {
    id: 'repair-1',
    action: contract.action,
    nodeName: view.name,
    nodeUid: view.uid,
    nodeLabels: view.labels,
    target: answer.target,
    committedAt: clock.now(),
    displacingSince: clock.now(),
    taken: new Set(),
  }
  /** As it is once the call is on record: only what leaves no trace has anything more on it. */
  const written: Operation =
    contract.traceable || view.bootId === undefined ? operation : { ...operation, bootId: view.bootId }
  return { api, clock, connect, site, provider, view, operation, written }
}

function rightsOf({ name, rights }: ContractCase): readonly Right[] {
  const kinds: Readonly<Record<string, ProviderKind>> = providerKinds
  return rights ?? kinds[name]?.rights ?? []
}

/** The suite for one action of one provider. */
export function providerContract(contract: ContractCase): void {
  const { name, action, traceable, make } = contract
  describe(`${name}, ${action}: the contract of a provider`, () => {
    test('it knows the node by its label, can do the action, and looks without writing', async (t) => {
      const { api, clock, view, operation, written } = await given(t, contract)
      const tapped = tap(api, {})
      const provider = make(tapped, clock)
      assert.ok(provider.can.includes(action))
      assert.notEqual(provider.poolOf(view), undefined)
      assert.equal(provider.poolOf({ labels: {} }), undefined)
      await provider.target(view, action)
      assert.equal((await provider.look(operation)).state, 'not-started')
      if (!traceable) assert.equal((await provider.look(written)).state, 'unknown', 'on record counts as sent')
      assert.deepEqual(tapped.sent, [])
    })

    test('L7: it makes no call without a right of its table entry, and uses every right of it', async (t) => {
      const { api, clock, site, view, operation, written } = await given(t, contract)
      const rights = rightsOf(contract).filter(({ actions }) => actions === undefined || actions.includes(action))
      const limited = limitedTo(api, () => rights)
      const provider = make({ api: limited.api, through: direct }, clock)
      await provider.target(view, action)
      await provider.look(operation)
      await clock.advance(60_000) // what is there now is no successor
      const later = { ...written, committedAt: clock.now(), displacingSince: clock.now() }
      await provider.begin(later, 5_000)
      await provider.look(later)
      await site.finish()
      await provider.settle?.(later, 5_000)
      await clock.advance(180_000) // longer than any provider waits for a successor that nobody needs
      await provider.look(later)
      assert.deepEqual(limited.refused, [])
      const unused = permissionsOf(rights).map(permissionText)
      assert.deepEqual(
        unused.filter((one) => !limited.used.has(one)),
        [],
      )
    })

    test('begun, it is never called not begun again; asked twice, it acts once; finished, it says so', async (t) => {
      const { provider, site, written } = await given(t, contract)
      await provider.begin(written, 5_000)
      assert.notEqual((await provider.look(written)).state, 'not-started')
      if (traceable) await provider.begin(written, 5_000)
      assert.equal(await site.effects(), 1)
      await site.finish()
      const view = await provider.look(written)
      assert.ok(view.state === 'gone' || view.state === 'back', view.state)
      if (view.state === 'back') assert.equal(view.node.uid, written.nodeUid)
      assert.equal(await site.effects(), 1)
    })

    test('settled before it is finished or after, once or twice, it leaves nothing behind and acts no more', async (t) => {
      for (const finished of [false, true]) {
        const { provider, site, written } = await given(t, contract)
        await provider.begin(written, 5_000)
        if (site.leftovers) assert.ok((await site.leftovers()) > 0)
        if (finished) await site.finish()
        const before = await site.effects()
        await provider.settle?.(written, 5_000)
        await provider.settle?.(written, 5_000)
        assert.equal((await site.leftovers?.()) ?? 0, 0)
        assert.ok((await site.effects()) <= before)
      }
    })

    test('killed at any of its calls, before or after the answer, a new program finds out what happened', async (t) => {
      const requests = await countRequests(t)
      assert.ok(requests > 0, 'no request passed through the lines that the case was given')
      for (let at = 0; at < requests; at++) {
        for (const when of ['before', 'after'] as const) {
          const { connect, clock, provider, site, written } = await given(t, contract)
          await make(dyingAt(connect(), at, when), clock)
            .begin(written, 5_000)
            .catch(() => undefined)
          const { state } = await provider.look(written)
          const told = `${when} request ${at}: ${state}`
          if ((await site.effects()) > 0) assert.notEqual(state, 'not-started', told)
          else assert.ok(state === 'unknown' || (traceable && state === 'not-started'), told)
        }
      }
    })

    test('no answer is unknown, with a reason; it rejects never', async (t) => {
      const { connect, clock, written } = await given(t, contract)
      const view = await make(dyingAt(connect(), 0, 'before'), clock).look(written)
      assert.ok(view.state === 'unknown' && view.why !== '', view.state)
    })

    test('refused by the server, it rejects with a message, and nothing has begun', async (t) => {
      const { connect, clock, site, written } = await given(t, contract)
      const refuse = (): never => {
        throw new KubeError('NM_KUBE_FORBIDDEN', 'may not', { call: 'test', status: 403 })
      }
      const refused = tap(connect(), { before: refuse, outside: refuse })
      await assert.rejects(make(refused, clock).begin(written, 5_000), /may not/)
      assert.equal(await site.effects(), 0)
    })

    test('slow: each write ends within the time that it is given', async (t) => {
      const { connect, clock, written } = await given(t, contract)
      const times: (number | undefined)[] = []
      const note = ({ timeoutMs }: { readonly timeoutMs?: number }): void => void times.push(timeoutMs)
      const watched = tap(connect(), { before: (_write, call) => note(call), outside: note })
      await make(watched, clock).begin(written, 1_234)
      assert.ok(times.length > 0)
      for (const ms of times) assert.ok(ms !== undefined && ms <= 1_234, String(ms))
    })

    test('another object with the target’s name is left alone, and never called not begun', async (t) => {
      const { provider, site, written } = await given(t, contract)
      await site.swap()
      const before = await site.effects()
      await provider.begin(written, 5_000).catch(() => undefined)
      assert.equal(await site.effects(), before)
      assert.notEqual((await provider.look(written)).state, 'not-started')
    })

    test('asked for an action that it cannot, it rejects and writes nothing', async (t) => {
      const { api, clock, provider, site, written } = await given(t, contract)
      const others = [...interventions.filter((one) => !provider.can.includes(one)), 'Unheard' as Intervention]
      const tapped = tap(api, {})
      for (const other of others) await assert.rejects(make(tapped, clock).begin({ ...written, action: other }, 5_000))
      assert.deepEqual(tapped.sent, [])
      assert.equal(await site.effects(), 0)
    })

    async function countRequests(t: Context): Promise<number> {
      const { connect, clock, written } = await given(t, contract)
      let requests = 0
      await make(
        dyingAt(connect(), Number.POSITIVE_INFINITY, 'before', () => requests++),
        clock,
      ).begin(written, 5_000)
      return requests
    }
  })
}

/** Lines that break at the request `at` through any of them, and stay broken. */
function dyingAt(api: Api, at: number, when: 'before' | 'after', onRequest: () => void = () => undefined): Lines {
  let count = 0
  const sent = async <A>(send: () => Promise<A>): Promise<A> => {
    const mine = count++
    onRequest()
    if (mine > at || (mine === at && when === 'before')) throw noAnswer()
    const answer = await send()
    if (mine === at) throw noAnswer()
    return answer
  }
  return {
    through: (_call, send) => sent(send),
    api: {
      server: api.server,
      close: () => api.close(),
      stream: <T>(call: Call) => api.stream<T>(call),
      request: <T>(call: Call) => sent(() => api.request<T>(call)),
    },
  }
}
