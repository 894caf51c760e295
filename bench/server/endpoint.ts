/** Plain HTTP calls to an API server, independent of every client under test. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as tlsRequest } from 'node:https'

/** Address and credential of an API server. */
export interface Endpoint {
  readonly url: string
  /** PEM; absent for plain HTTP. */
  readonly ca?: string
  readonly token: string
}

export interface EndpointCall {
  readonly method: string
  readonly path: string
  readonly body?: string
}

/** Starts one exchange; the caller listens for `error`. */
export function startCall(
  endpoint: Endpoint,
  call: EndpointCall,
  answered: (incoming: IncomingMessage) => void,
): ClientRequest {
  const send = endpoint.url.startsWith('https:') ? tlsRequest : request
  const headers = { authorization: `Bearer ${endpoint.token}`, 'content-type': 'application/json' }
  const outgoing = send(
    new URL(call.path, endpoint.url),
    { method: call.method, headers, ...(endpoint.ca !== undefined && { ca: endpoint.ca }) },
    answered,
  )
  outgoing.end(call.body)
  return outgoing
}

/** One whole exchange: the answer's text; rejects for every status that is not 2xx. */
export function ask(endpoint: Endpoint, call: EndpointCall): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = startCall(endpoint, call, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (part: string) => {
        text += part
      })
      incoming.once('error', reject)
      incoming.once('end', () => {
        const status = incoming.statusCode ?? 0
        if (status >= 200 && status < 300) resolve(text)
        else reject(new Error(`NM_BENCH_API: ${call.method} ${call.path} answered ${status}: ${text}`))
      })
    })
    outgoing.once('error', reject)
  })
}
