/** TCP ports for programs that take a port as an argument. */

import { createServer } from 'node:net'
import { type Random, systemRandom } from '../../../src/telemetry/clock.ts'

/**
 * Below the kernel's range of source ports (32768 upwards), so that a stopped server does not lose its port to an outgoing
 * connection and a client that retries does not connect to itself.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const ATTEMPTS = 200

/** `count` different ports on loopback that nothing listens on now. */
export async function freePorts(count: number, random: Random = systemRandom): Promise<number[]> {
  const found = new Set<number>()
  for (let attempt = 0; found.size < count && attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(random() * (LAST_PORT - FIRST_PORT))
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  if (found.size < count) throw new Error(`NM_CLUSTER_PORTS: no ${count} free ports in ${FIRST_PORT} to ${LAST_PORT}`)
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
