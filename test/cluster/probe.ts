/** Health checks of programs on this machine. */

import { get } from 'node:http'

/** Whether GET http://127.0.0.1:`port``path` answers 200; false, too, where nothing listens. */
export function isOk(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = get({ host: '127.0.0.1', port, path, agent: false }, (incoming) => {
      incoming.resume()
      incoming.once('end', () => resolve(incoming.statusCode === 200))
    })
    outgoing.once('error', () => resolve(false))
  })
}
