/** Passes TCP connections on: from the address that a node can reach to a server on loopback. */

import { connect, createServer, type Server, type Socket } from 'node:net'

/** Listens on `address`, a free port, and connects each caller to 127.0.0.1:`target`. Resolves to port and end. */
export async function forward(address: string, target: number): Promise<{ port: number; close(): void }> {
  const open = new Set<Socket>()
  const server = createServer((caller) => {
    const called = connect({ host: '127.0.0.1', port: target })
    for (const [from, to] of [
      [caller, called],
      [called, caller],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy()).on('close', () => open.delete(from))
      from.pipe(to)
    }
  })
  const port = await listen(server, address)
  const close = (): void => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  return { port, close }
}

/** Starts `server` on a free port of `address`. */
export function listen(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address, port: 0 }, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0)
    })
  })
}
