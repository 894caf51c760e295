/**
 * Asks services on this machine, over TCP or a Unix socket. Only loopback addresses: a monitor opens no connection to
 * anything else.
 */
import { createConnection } from 'node:net'
import type { Clock } from '../../telemetry/clock.ts'
import { type Host, textOf } from './host.ts'

/** What a service did: it answered (or accepted, where nothing was sent), nothing listens there, or it stayed silent. */
export type Answer = { readonly bytes: Buffer } | { readonly refused: true } | { readonly silent: string }

/**
 * Where a service listens: a port of a loopback address, over TCP or by datagrams, or the path of a Unix socket as this
 * process sees it.
 */
export type Place =
  | { readonly address: string; readonly port: number; readonly datagrams?: true }
  | { readonly path: string }

export interface Loopback {
  /**
   * Connects to a service, sends, and resolves with the first bytes that come back; with nothing to
   * send, as soon as the connection is accepted. With `mostBytes`, waits until the service closes the connection, and
   * resolves with all that came. Never rejects.
   */
  ask(to: Place, send: Uint8Array, mostBytes?: number): Promise<Answer>
}

/** A service that takes longer is silent. Half of a monitor's deadline. */
export const answerMs = 5_000

export function systemLoopback(clock: Clock): Loopback {
  return {
    ask: (to, send, mostBytes) =>
      new Promise((resolve) => {
        if (!('path' in to) && !isLoopback(to.address))
          return resolve({ silent: `${to.address} is no loopback address` })
        if ('datagrams' in to && to.datagrams) return resolve(askByDatagram(to, send, clock))
        const socket = createConnection('path' in to ? to : { host: to.address, port: to.port })
        const end = (answer: Answer): void => {
          deadline()
          socket.destroy()
          resolve(answer)
        }
        const deadline = clock.after(answerMs, () => end({ silent: `did not answer within ${answerMs / 1_000} s` }))
        socket.on('connect', () => {
          if (send.length === 0) end({ bytes: Buffer.alloc(0) })
          else socket.write(send)
        })
        const came: Buffer[] = []
        let size = 0
        socket.on('data', (bytes) => {
          if (mostBytes === undefined) return end({ bytes })
          size += bytes.length
          if (size > mostBytes) return end({ silent: `answered with more than ${mostBytes} bytes` })
          came.push(bytes)
        })
        socket.on('end', () =>
          end(size > 0 ? { bytes: Buffer.concat(came) } : { silent: 'closed the connection without an answer' }),
        )
        socket.on('error', (error: NodeJS.ErrnoException) =>
          end(error.code === 'ECONNREFUSED' ? { refused: true } : { silent: error.message }),
        )
      }),
  }
}

/** Loads node:dgram at the first call: few machines have a service that needs it. */
function askByDatagram(
  { address, port }: { readonly address: string; readonly port: number },
  send: Uint8Array,
  clock: Clock,
): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = process.getBuiltinModule('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const end = (answer: Answer): void => {
      deadline()
      socket.close()
      resolve(answer)
    }
    const deadline = clock.after(answerMs, () => end({ silent: `did not answer within ${answerMs / 1_000} s` }))
    socket.on('message', (bytes) => end({ bytes }))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? { refused: true } : { silent: error.message }),
    )
    // Connected, so that the kernel tells when nothing listens.
    socket.connect(port, address, () => socket.send(send))
  })
}

export function isLoopback(address: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(address) || address === '::1'
}

const bootId = 'proc/sys/kernel/random/boot_id'

/** False for a saved copy of a machine, whose services are not those of this one. */
export function isThisMachine(host: Host, own: Host): boolean {
  const id = textOf(host.read(bootId))
  return id !== undefined && id === textOf(own.read(bootId))
}

/** Names of the log folders of pods on this node, `NAMESPACE_NAME_UID`; kubelet deletes them with the pod. */
export function podFolders(host: Host, name: string): readonly string[] {
  return host.list('var/log/pods').filter((folder) => folder.split('_')[1]?.startsWith(name))
}
