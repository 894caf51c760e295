/**
 * A stand-in for the EKS API on loopback: clusters, add-ons and managed node groups. Every request and answer is held
 * against the SDK's own shapes, and what does not fit is told in `problems`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Addon, AddonInfo, Nodegroup } from '@aws-sdk/client-eks'
import * as sdk from '@aws-sdk/client-eks'
import { complaints, type Operation, queryMember, readOperation } from './shapes.ts'

export interface EksContent {
  readonly kubernetes: string
  readonly versions: readonly AddonInfo[]
  readonly nodegroups: Nodegroup[]
  readonly addons: Addon[]
}

export interface EksStandIn {
  readonly endpoint: string
  /** `CreateAddon {…}`: every request, in order, without its client token. */
  readonly requests: readonly string[]
  /** What did not fit the SDK's shapes. */
  readonly problems: readonly string[]
  /** Answers the next request of this operation with an error instead. */
  refuse(operation: string, error: Refusal): void
  stop(): Promise<void>
}

export interface Refusal {
  readonly status: number
  readonly name: string
  readonly message: string
}

type Input = Readonly<Record<string, unknown>>
type Answer = object | Refusal

const operations: readonly Operation[] = [
  sdk.CreateAddon$,
  sdk.DescribeAddonVersions$,
  sdk.DescribeAddon$,
  sdk.DescribeCluster$,
  sdk.ListNodegroups$,
  sdk.DescribeNodegroup$,
  sdk.UpdateNodegroupConfig$,
]

export async function startEks(content: EksContent): Promise<EksStandIn> {
  const requests: string[] = []
  const problems: string[] = []
  const refusals = new Map<string, Refusal>()
  const server = createServer((incoming, outgoing) => {
    void receive(incoming).then((body) => {
      const asked = understood(incoming, body)
      if (asked === undefined) {
        problems.push(`no operation known here: ${incoming.method} ${incoming.url}`)
        return send(outgoing, { status: 404, name: 'NotFoundException', message: 'no such operation' })
      }
      const { name, input, output } = asked
      problems.push(...complaints(asked.shape, input, name))
      const { clientRequestToken: _, ...told } = input
      requests.push(`${name} ${JSON.stringify(told)}`)
      const refusal = refusals.get(name)
      refusals.delete(name)
      const answer = refusal ?? answerTo(content, name, input)
      if (!isRefusal(answer)) problems.push(...complaints(output, answer, `${name}'s answer`))
      send(outgoing, answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    requests,
    problems,
    refuse: (operation, error) => void refusals.set(operation, error),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The operation of a request, by the SDK's path templates, with its input put together from path, query and body. */
function understood({ method, url = '/' }: IncomingMessage, body: string) {
  const { pathname, searchParams } = new URL(url, 'http://eks')
  for (const operation of operations.map(readOperation)) {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const found = new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(pathname)
    if (operation.method !== method || found === null) continue
    const labels = names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')])
    const query = [...searchParams].map(([name, value]) => [queryMember(operation.input, name) ?? name, value])
    const rest = body === '' ? {} : (JSON.parse(body) as object)
    const input: Input = { ...Object.fromEntries([...labels, ...query]), ...rest }
    return { name: operation.name, input, shape: operation.input, output: operation.output }
  }
  return undefined
}

function answerTo(content: EksContent, name: string, input: Input): Answer {
  const { kubernetes, versions, nodegroups, addons } = content
  switch (name) {
    case 'DescribeCluster':
      return { cluster: { name: input.name, version: kubernetes, status: 'ACTIVE' } }
    case 'DescribeAddonVersions':
      return page(versions, input, (items) => ({ addons: items.filter((one) => one.addonName === input.addonName) }))
    case 'DescribeAddon': {
      const addon = addons.find(({ addonName }) => addonName === input.addonName)
      return addon ? { addon } : missing(`No addon: ${String(input.addonName)} found in cluster`)
    }
    case 'CreateAddon': {
      const { addonName, addonVersion } = input as { addonName: string; addonVersion: string } // the shape is checked
      addons.push({ addonName, addonVersion, status: 'CREATING', health: { issues: [] } })
      return { addon: addons.at(-1) }
    }
    case 'ListNodegroups':
      return page(nodegroups, input, (items) => ({ nodegroups: items.map(({ nodegroupName }) => nodegroupName) }))
    case 'DescribeNodegroup': {
      const nodegroup = nodegroups.find(({ nodegroupName }) => nodegroupName === input.nodegroupName)
      return nodegroup ? { nodegroup } : missing('No node group found')
    }
    default:
      return updated(nodegroups, input)
  }
}

function updated(nodegroups: Nodegroup[], { nodegroupName, nodeRepairConfig }: Input): Answer {
  const nodegroup = nodegroups.find((one) => one.nodegroupName === nodegroupName)
  if (!nodegroup) return missing('No node group found')
  nodegroup.nodeRepairConfig = nodeRepairConfig as NonNullable<Nodegroup['nodeRepairConfig']> // the shape is checked
  return { update: { id: 'update-1', status: 'InProgress', type: 'ConfigUpdate' } }
}

/** One item at a time, so that every reader has to follow the pages. */
function page<T>(items: readonly T[], { nextToken }: Input, answer: (items: readonly T[]) => object): object {
  const at = Number(nextToken ?? 0)
  return { ...answer(items.slice(at, at + 1)), ...(at + 1 < items.length && { nextToken: `${at + 1}` }) }
}

function missing(message: string): Refusal {
  return { status: 404, name: 'ResourceNotFoundException', message }
}

function isRefusal(answer: Answer): answer is Refusal {
  return 'status' in answer && typeof answer.status === 'number'
}

async function receive(incoming: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk
  return body
}

function send(outgoing: ServerResponse, answer: Answer): void {
  const headers = { 'content-type': 'application/json' }
  if (!isRefusal(answer)) return void outgoing.writeHead(200, headers).end(JSON.stringify(answer))
  const { status, name, message } = answer
  outgoing.writeHead(status, { ...headers, 'x-amzn-errortype': name }).end(JSON.stringify({ message }))
}
