/** Answers of AWS that moto does not give, by operation, as the wire carries them: XML of EC2 and Auto Scaling, JSON of EKS. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface WireAnswer {
  readonly status?: number
  readonly body: string
}

export interface AwsStandIn {
  readonly endpoint: string
  /** Operations in the order in which they were asked for. */
  readonly asked: readonly string[]
  /** What is answered from now on; `silent` never answers. */
  answer(operation: string, answer: WireAnswer | 'silent'): void
  stop(): Promise<void>
}

export async function startAws(): Promise<AwsStandIn> {
  const asked: string[] = []
  const answers = new Map<string, WireAnswer | 'silent'>()
  const server = createServer((incoming, outgoing) => {
    void operationOf(incoming).then((operation) => {
      asked.push(operation)
      const answer = answers.get(operation) ?? { status: 404, body: '' }
      if (answer === 'silent') return
      outgoing.writeHead(answer.status ?? 200, { 'content-type': 'text/xml' }).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    asked,
    answer: (operation, answer) => void answers.set(operation, answer),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A form names its action; EKS has a path of its own for each. */
async function operationOf(incoming: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk
  return new URLSearchParams(body).get('Action') ?? `${incoming.method} ${incoming.url}`
}

/** An error as EC2 writes it. */
export function ec2Error(code: string, message: string): WireAnswer {
  const error = `<Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors>`
  return { status: 403, body: `<Response>${error}<RequestID>r</RequestID></Response>` }
}
