/** The connection of one controller of a walk: each call may break, be refused, lose its answer, wait, or be the last one. */
import { ApiFailure } from '../../../src/embedded/failure.ts'
import type { OpenTransport } from '../../../src/kube/connection.ts'
import { KubeError } from '../../../src/kube/errors.ts'
import { type Answer, BrokenExchange, type Sent, type Transport } from '../../../src/kube/transport.ts'
import { type Clock, type Random, sleep } from '../../../src/telemetry/clock.ts'

/** How often things go wrong, as shares of all calls; nothing does where a share is absent. */
export interface Chaos {
  /** Refused connections, and connections that break before the answer, although the server has done its part. */
  readonly broken: number
  /** 429, 500, 503 and 504, some with Retry-After. */
  readonly refused: number
  /** Half an answer. */
  readonly partial: number
  /** Answers that come late, or after the deadline. */
  readonly late: number
  /** The process ends, before or after the call. */
  readonly killed: number
  /** Of the lines of a watch: breaks there. */
  readonly cut: number
  /** Of the lines of a watch: comes late, and those behind it. */
  readonly lagging: number
  /** Of the watches: their version has expired. */
  readonly expired: number
}

export const calm: Chaos = {
  broken: 0,
  refused: 0,
  partial: 0,
  late: 0,
  killed: 0,
  cut: 0,
  lagging: 0,
  expired: 0,
}

const longestDelayMs = 20_000
const longestLagMs = 40_000
const statuses = [429, 500, 503, 504] as const

export interface LineOptions {
  readonly clock: Clock
  readonly random: Random
  readonly chaos: () => Chaos
  /** Ends the process. */
  readonly kill: () => void
  /** Told of each call before the server has it; what it answers is told when the server has done its part. */
  readonly onCall: (sent: Sent) => () => void
}

/** What is between one life of a controller and the server. */
export class Line {
  readonly #options: LineOptions
  #dead = false
  #heldUntil = Number.NEGATIVE_INFINITY
  /** When it last kept something waiting, monotonic. */
  #lateAt = Number.NEGATIVE_INFINITY

  constructor(options: LineOptions) {
    this.#options = options
  }

  /** From now on nothing is sent, and nobody gets an answer. */
  end(): void {
    this.#dead = true
  }

  /** The process stands still for `ms` at its next call, as one whose machine is suspended. */
  hold(ms: number): void {
    this.#heldUntil = this.#options.clock.monotonic() + ms
  }

  get lateAt(): number {
    return this.#lateAt
  }

  readonly wrap = (open: OpenTransport): OpenTransport => {
    return (server, connections, clock) => {
      const inner = open(server, connections, clock)
      return {
        request: (sent) => this.#request(inner, sent),
        stream: (sent, silenceMs) => this.#stream(inner, sent, silenceMs),
        close: () => inner.close(),
      }
    }
  }

  async #request(inner: Transport, sent: Sent): Promise<Answer> {
    await this.#gate()
    const { random, kill, chaos } = this.#options
    const rates = chaos()
    if (random() < rates.killed) {
      if (random() < 0.5) await this.#send(inner, sent).catch(() => undefined)
      kill()
      await this.#gate()
    }
    if (random() < rates.refused) return refusal(sent, random)
    if (random() < rates.broken) {
      if (random() < 0.5) await this.#send(inner, sent)
      throw new BrokenExchange(new Error('ECONNRESET'), false)
    }
    const early = random() < 0.5
    const delay = random() < rates.late ? random() * longestDelayMs : 0
    if (early) await this.#delay(delay, sent)
    const answer = await this.#send(inner, sent)
    if (!early) await this.#delay(delay, sent)
    await this.#gate()
    return random() < rates.partial ? { ...answer, body: answer.body.slice(0, answer.body.length / 2) } : answer
  }

  /** The server does its part before this is waited for: what is seen then is what the call did. */
  async #send(inner: Transport, sent: Sent): Promise<Answer> {
    const done = this.#options.onCall(sent)
    const answer = inner.request(sent)
    done()
    return answer
  }

  async #delay(ms: number, sent: Sent): Promise<void> {
    if (ms === 0) return
    await this.#wait(Math.min(ms, sent.timeoutMs))
    if (ms > sent.timeoutMs) throw new KubeError('NM_KUBE_TIMEOUT', 'no answer in time', { call: sent.call.verb })
  }

  async #stream(inner: Transport, sent: Sent, silenceMs: number): Promise<Answer> {
    await this.#gate()
    const { random, chaos } = this.#options
    if (random() < chaos().broken) throw new BrokenExchange(new Error('ECONNREFUSED'), false)
    if (random() < chaos().expired) return failure(new ApiFailure(410, 'Expired', 'too old resource version'))
    this.#options.onCall(sent)()
    const answer = await inner.stream(sent, silenceMs)
    return answer.lines ? { ...answer, lines: this.#lines(answer.lines) } : answer
  }

  async *#lines(lines: AsyncIterable<string>): AsyncGenerator<string> {
    const { random, chaos } = this.#options
    for await (const line of lines) {
      const rates = chaos()
      if (random() < rates.lagging) await this.#wait(random() * longestLagMs)
      await this.#gate()
      if (random() < rates.cut) throw new BrokenExchange(new Error('ECONNRESET'), false)
      yield line
    }
  }

  /** A process that has ended never gets further; one that is held waits. */
  async #gate(): Promise<void> {
    const left = this.#heldUntil - this.#options.clock.monotonic()
    if (left > 0) await this.#wait(left)
    if (this.#dead) await new Promise<never>(() => undefined)
  }

  async #wait(ms: number): Promise<void> {
    await sleep(this.#options.clock, ms)
    this.#lateAt = this.#options.clock.monotonic()
  }
}

function refusal(sent: Sent, random: Random): Answer {
  const status = statuses[Math.floor(random() * statuses.length)] ?? 500
  const wait = random() < 0.5 ? { retryAfterSeconds: 1 + Math.floor(random() * 10) } : undefined
  return failure(new ApiFailure(status, '', `the walk refuses to ${sent.call.verb}`, wait))
}

function failure({ code, status, details }: ApiFailure): Answer {
  const retry = details?.retryAfterSeconds
  return { status: code, body: JSON.stringify(status), ...(retry !== undefined && { retryAfter: String(retry) }) }
}
