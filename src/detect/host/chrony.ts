/**
 * What chronyd says of the clock: its monitoring protocol (chrony's candm.h, version 6) on port 323 of the loopback
 * address. It needs no right, and no program of the host.
 */
import type { Loopback } from './network.ts'

export interface Tracking {
  /** False when chronyd has no source that it trusts. */
  readonly synchronized: boolean
  /** How far the clock is off by its own estimate, seconds; negative when it is behind. */
  readonly offsetSeconds: number
}

const service = { address: '127.0.0.1', port: 323, datagrams: true } as const
const [version, isRequest, isReply] = [6, 1, 2]
const askTracking = 33
const tracking = 5
/** A request is as long as its reply, so that nobody is flooded with replies. */
const length = 104
/** Offsets in the reply. */
const at = { command: 4, reply: 6, status: 8, leap: 54, correction: 68 }
const noSource = 3

/** Undefined where chronyd does not answer: it may be told not to (`cmdport 0`). */
export async function askChrony(loopback: Loopback): Promise<Tracking | undefined> {
  const request = Buffer.alloc(length)
  request.set([version, isRequest])
  request.writeUInt16BE(askTracking, at.command)
  const answer = await loopback.ask(service, request)
  return 'bytes' in answer ? trackingIn(answer.bytes) : undefined
}

function trackingIn(bytes: Buffer): Tracking | undefined {
  const isTracking =
    bytes.length >= length &&
    bytes[0] === version &&
    bytes[1] === isReply &&
    bytes.readUInt16BE(at.reply) === tracking &&
    bytes.readUInt16BE(at.status) === 0
  if (!isTracking) return undefined
  return {
    synchronized: bytes.readUInt16BE(at.leap) !== noSource,
    // chronyd says by how much the true time is ahead of the clock that it shows.
    offsetSeconds: -floatAt(bytes, at.correction),
  }
}

const coefficientBits = 25

/** chrony's own format: seven bits of exponent, 25 of coefficient, both signed. */
function floatAt(bytes: Buffer, offset: number): number {
  const word = bytes.readUInt32BE(offset)
  const signed = (value: number, bits: number): number => (value >= 2 ** (bits - 1) ? value - 2 ** bits : value)
  const exponent = signed(word >>> coefficientBits, 7) - coefficientBits
  return signed(word % 2 ** coefficientBits, coefficientBits) * 2 ** exponent
}
